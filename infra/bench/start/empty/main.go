// Command empty is the smallest Lambda in Go that answers an event: the floor of every cold start.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type answer struct{}

// Invoke answers every event with an empty object.
func (answer) Invoke(context.Context, []byte) ([]byte, error) { return []byte("{}"), nil }

func main() { lambda.StartWithOptions(answer{}) }
