// Package wire holds the engines of the table and the queues, and the road of a payment on them, against servers that speak the
// wire protocols of DynamoDB and SQS and that others wrote. run.sh starts them and runs the tests, which have the build tag
// «wire»; WIRE_DYNAMODB and WIRE_SQS are the servers' addresses. What those servers do otherwise than the real service is in
// differences.md, and beside the code that bears with it.
package wire
