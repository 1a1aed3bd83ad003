// Package web is the one door of the platform: it says who is calling, reads what he sent, and turns faults into answers.
//
// An endpoint is an Operation with its handler, registered on its own: a Lambda mounts one, the standalone process all, and
// both answer the same. Typed endpoints (Handle) go through huma, which validates the input and documents it; webhooks and
// pages (Raw) are plain http.Handlers behind the same door.
//
// The door, in this order: request id and log line, path and method, caller and scope, rate, query, body, handler. A
// request that is refused early has touched nothing behind it. JSON bodies are read by one strict scanner before huma sees
// them: bounded depth, no duplicated names, valid UTF-8, no control characters.
package web
