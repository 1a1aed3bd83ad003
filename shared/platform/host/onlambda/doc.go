// Package onlambda runs the platform as Lambda functions: it turns the events of API Gateway, function URLs, SQS, DynamoDB
// streams and schedules into the calls that the standalone process makes by itself, and their outcomes into the answers
// that AWS expects. A main is one call of a Serve function.
//
// Every invocation gets a context that ends half a second before Lambda kills the process, so that an answer can still be
// written. A panic is the failure of its invocation and not of the process, which would make the next caller wait for a
// cold start.
package onlambda
