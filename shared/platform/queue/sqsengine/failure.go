package sqsengine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"giberno.ru/shared/platform/queue"
)

// ErrBug is a request that the service does not understand or allow, such as one for a queue that is not there. Nothing was
// done, and to repeat it is useless.
var ErrBug = errors.New("sqsengine: the service refuses to understand or to allow the request")

// failure classifies an error. What is not known to have had no effect is queue.ErrUnavailable.
func failure(op string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Errorf("%w: %s: %w", queue.ErrUnavailable, op, err)
	}
	kind := ErrBug
	switch code := shortCode(api.ErrorCode()); code {
	case "BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue", "InvalidParameterValueException", "InvalidAttributeValue":
		kind = queue.ErrLimit
	case "RequestThrottled", "ThrottlingException", "Throttling", "TooManyRequestsException", "OverLimit", "RequestTimeout",
		"ServiceUnavailable", "InternalError", "InternalFailure":
		kind = queue.ErrUnavailable
	default:
		var answer *smithyhttp.ResponseError
		if errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 {
			kind = queue.ErrUnavailable
		}
	}
	return fmt.Errorf("%w: %s: %s: %s", kind, op, api.ErrorCode(), api.ErrorMessage())
}

// isStale reports whether an error says that a receipt is of no use (any more).
func isStale(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && staleCode(api.ErrorCode())
}

// staleCode reports whether a code says that a receipt is of no use. InvalidParameterValue is the service's answer to a receipt of
// another queue or of a message that is gone; nothing else in these requests comes from outside.
func staleCode(code string) bool {
	switch shortCode(code) {
	case "MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue", "InvalidParameterValueException":
		return true
	}
	return false
}

// shortCode takes the namespaces off an error code: the service's older codes, and those of servers like it, have them
// ("AWS.SimpleQueueService.NonExistentQueue", "com.amazonaws.sqs#…").
func shortCode(code string) string {
	return code[strings.LastIndexAny(code, ".#")+1:]
}
