// Package notify is what partners are told: events, the endpoints that hear them, and the rules by which each delivery is
// tried again, given up or held back. It is pure; the store, the jobs and the api around it carry out what it decides.
//
// An event belongs to one lane of each endpoint that hears it, and a lane has at most one request in flight. So a dead
// endpoint costs two requests per sleep, whatever waits for it, and slows nobody else. Deliveries are at least once: the
// same webhook-id always carries the same bytes, and is how a partner knows what he has heard before.
package notify
