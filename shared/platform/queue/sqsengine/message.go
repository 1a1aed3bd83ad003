package sqsengine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"giberno.ru/shared/platform/queue"
)

// The attributes of a message, beside the job as JSON in its body.
const (
	kindAttr     = "kind"     // of every message, for whoever looks into a queue
	reasonAttr   = "reason"   // of a dead letter that a worker buried
	receivedAttr = "received" // how often its job had been received
)

const maxReasonBytes = 1024

// errForeign is a message that this platform did not send.
var errForeign = errors.New("sqsengine: a message that is no job")

// encodeJob writes a job as the body of a message.
func encodeJob(job queue.Job) (string, error) {
	if !utf8.Valid(job.Body) {
		return "", fmt.Errorf("%w: the body of %s is no UTF-8", queue.ErrLimit, job.Kind)
	}
	body, err := json.Marshal(job)
	if err != nil {
		return "", fmt.Errorf("%w: job %s: %w", queue.ErrLimit, job.Kind, err)
	}
	// The service takes no U+FFFE and U+FFFF, the only characters that JSON leaves as they are and XML does not know.
	body = bytes.ReplaceAll(body, []byte("\ufffe"), []byte(`\ufffe`))
	body = bytes.ReplaceAll(body, []byte("\uffff"), []byte(`\uffff`))
	return string(body), nil
}

func decodeJob(body string) (queue.Job, error) {
	var job queue.Job
	if err := json.Unmarshal([]byte(body), &job); err != nil {
		return queue.Job{}, fmt.Errorf("%w: %w", errForeign, err)
	}
	if job.Kind == "" || job.Key == "" {
		return queue.Job{}, fmt.Errorf("%w: it has no kind or no key", errForeign)
	}
	return job, nil
}

// FromEvent reads a message of a batch that SQS hands to a Lambda. An error means that nobody of this platform sent it: report it as
// failed, and the redrive policy takes it to the dead letters as it is.
func FromEvent(m events.SQSMessage) (queue.Delivery, error) {
	return delivery(m.MessageId, m.ReceiptHandle, m.Body, m.Attributes)
}

func delivery(id, receipt, body string, attributes map[string]string) (queue.Delivery, error) {
	job, err := decodeJob(body)
	if err != nil {
		return queue.Delivery{}, fmt.Errorf("%w (message %s)", err, id)
	}
	received, err := strconv.Atoi(attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	if err != nil || received < 1 {
		received = 1
	}
	return queue.Delivery{
		ID: id, Receipt: receipt, Job: job, Received: received,
		SentAt: timeOf(attributes[string(types.MessageSystemAttributeNameSentTimestamp)]),
	}, nil
}

// timeOf reads milliseconds since 1970; the zero time where there are none.
func timeOf(ms string) time.Time {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func textAttr(v string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &v}
}

func numberAttr(n int) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(n))}
}

// reasonText makes a reason fit an attribute: not empty, at most a kilobyte, of characters that the service takes.
func reasonText(reason string) string {
	reason = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reason, "?"))
	if len(reason) > maxReasonBytes {
		cut := maxReasonBytes
		for !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	if reason == "" {
		return "no reason given"
	}
	return reason
}
