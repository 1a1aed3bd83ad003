package dynamoengine

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"giberno.ru/shared/platform/table"
)

const codeInProgress = "TransactionInProgressException"

// ErrBug is a request that the service understood as a mistake of this code, such as a request token used for two different
// transactions, or as one that this process may not make. Nothing was written, and to repeat it is useless.
var ErrBug = errors.New("dynamoengine: the service refuses to understand or to allow the request")

// tooLarge refuses a row that the service would refuse; of an update only the service knows the size.
func tooLarge(row table.Row) error {
	if size := row.Size(); size > table.MaxRowBytes {
		return fmt.Errorf("%w: row %s would have %d bytes, %d are allowed", table.ErrLimit, row.Key, size, table.MaxRowBytes)
	}
	return nil
}

// singleFailure classifies the error of a write of one row.
func singleFailure(err error) error {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return failure("write", err)
	}
	reason, err := refusal(failed.Item)
	if err != nil {
		return err
	}
	return &table.Refused{Reasons: []table.Reason{reason}}
}

func refusal(old item) (table.Reason, error) {
	if len(old) == 0 {
		return table.Reason{Failed: true}, nil
	}
	row, err := decodeRow(old)
	return table.Reason{Failed: true, Old: row, Exists: true}, err
}

// transactionFailure classifies the error of a transaction of n actions.
func transactionFailure(n int, err error) error {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return failure("transaction", err)
	}
	reasons := canceled.CancellationReasons
	if len(reasons) != n {
		return fmt.Errorf("%w: transaction: %d reasons for %d actions: %s", ErrBug, len(reasons), n, canceled.ErrorMessage())
	}
	told := make([]table.Reason, n)
	refused := false
	var worst error
	for i, reason := range reasons {
		switch code := aws.ToString(reason.Code); code {
		case "", "None":
		case "ConditionalCheckFailed":
			refused = true
			if told[i], err = refusal(reason.Item); err != nil {
				return err
			}
		default:
			worst = worse(worst, cancellation(code, i, aws.ToString(reason.Message)))
		}
	}
	// One condition that failed is final, whatever happened to the other actions: a retry would fail again.
	if refused {
		return &table.Refused{Reasons: told}
	}
	if worst == nil {
		return fmt.Errorf("%w: transaction: cancelled without a reason: %s", ErrBug, canceled.ErrorMessage())
	}
	return worst
}

// cancellation turns one reason, other than a failed condition, into an error.
func cancellation(code string, action int, message string) error {
	kind := ErrBug
	switch code {
	case "TransactionConflict":
		kind = table.ErrConflict
	case "ThrottlingError", "ProvisionedThroughputExceeded":
		kind = table.ErrThrottled
	case "ValidationError", "ItemCollectionSizeLimitExceeded":
		kind = table.ErrLimit
	}
	return fmt.Errorf("%w: transaction: action %d: %s: %s", kind, action, code, message)
}

// worse prefers an error that a retry cannot heal; of the others the first.
func worse(a, b error) error {
	if a == nil || errors.Is(a, table.ErrUnavailable) && !errors.Is(b, table.ErrUnavailable) {
		return b
	}
	return a
}

// failure classifies every other error. What is not known to have had no effect is table.ErrUnavailable: the end of the
// context, a broken connection, a 5xx, an answer that cannot be read.
func failure(op string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Errorf("%w: %s: %w", table.ErrUnavailable, op, err)
	}
	kind := ErrBug
	switch api.ErrorCode() {
	case "TransactionConflictException", "ReplicatedWriteConflictException":
		kind = table.ErrConflict
	case "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException":
		kind = table.ErrThrottled
	case "ValidationException", "ItemCollectionSizeLimitExceededException":
		kind = table.ErrLimit
	case codeInProgress, "InternalServerError", "InternalFailure", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException":
		kind = table.ErrUnavailable // in progress: the same token was sent before and has not ended
	default:
		var answer *smithyhttp.ResponseError
		if errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 {
			kind = table.ErrUnavailable
		}
	}
	return fmt.Errorf("%w: %s: %s: %s", kind, op, api.ErrorCode(), api.ErrorMessage())
}
