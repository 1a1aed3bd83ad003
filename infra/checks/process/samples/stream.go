package samples

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"giberno.ru/infra/checks/process/world"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
)

// stream is a batch of the table's stream: what happened to a paid order and to one whose receipt was made by a till of ours,
// as DynamoDB would tell it. The last change of the payments is told as if their outcome had been unknown before, so that
// jobs follow from it.
func stream(w *world.World) (Sample, error) {
	changes, err := w.Table.Changes(context.Background(), streamBatch)
	if err != nil {
		return Sample{}, err
	}
	records := []any{}
	for _, c := range changes {
		if !strings.Contains(c.Key().PK, w.Paid.Order.String()) && !strings.Contains(c.Key().PK, w.Printed.Order.String()) {
			continue
		}
		if c.OldExists && c.New.Attrs["st"] == table.S(string(payments.Paid)) && c.Old.Attrs["st"] == table.S(string(payments.Pending)) {
			c.Old.Attrs["st"] = table.S(string(payments.Unknown))
		}
		records = append(records, record(len(records)+1, c))
	}
	raw, err := marshal(map[string]any{"Records": records})
	return Sample{Event: raw, Says: `{"batchItemFailures":[]}`}, err
}

const streamBatch = 1000

func record(n int, c table.Change) map[string]any {
	name := "MODIFY"
	images := map[string]any{
		"ApproximateCreationDateTime": world.At.Unix(), "SequenceNumber": fmt.Sprintf("%021d", n), "SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES",
		"Keys": map[string]any{"pk": Value(table.S(c.Key().PK)), "sk": Value(table.S(c.Key().SK))},
	}
	if c.NewExists {
		images["NewImage"] = Item(c.New)
	} else {
		name = "REMOVE"
	}
	if c.OldExists {
		images["OldImage"] = Item(c.Old)
	} else {
		name = "INSERT"
	}
	return map[string]any{
		"eventID": fmt.Sprintf("%032x", n), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
		"dynamodb": images, "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/giberno/stream/2026-11-22T10:00:00.000",
	}
}

// Item writes a row as DynamoDB's wire has it.
func Item(r table.Row) map[string]any {
	item := map[string]any{"pk": Value(table.S(r.Key.PK)), "sk": Value(table.S(r.Key.SK))}
	for name, k := range map[string]table.Key{"g1": r.First, "g2": r.Second} {
		if !k.IsZero() {
			item[name+"pk"], item[name+"sk"] = Value(table.S(k.PK)), Value(table.S(k.SK))
		}
	}
	if r.TTL != 0 {
		item["ttl"] = Value(table.N(r.TTL))
	}
	for name, v := range r.Attrs {
		item[name] = Value(v)
	}
	return item
}

// Value writes an attribute as DynamoDB's wire has it.
func Value(v table.Value) map[string]any {
	switch v.Kind() {
	case table.TextKind:
		return map[string]any{"S": v.Text()}
	case table.NumberKind:
		return map[string]any{"N": strconv.FormatInt(v.Number(), 10)}
	case table.BytesKind:
		return map[string]any{"B": base64.StdEncoding.EncodeToString(v.Bytes())}
	default:
		return map[string]any{"BOOL": v.True()}
	}
}
