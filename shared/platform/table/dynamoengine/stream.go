package dynamoengine

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"giberno.ru/shared/platform/table"
)

// Change reads a record of the table's stream, as the service hands it to a Lambda with both images. Seq stays 0: the stream's own
// numbers are longer than 64 bits. An error means that nobody of this platform wrote the record, and that to read it again
// is useless. A row that the service deleted because of its TTL looks like any other deleted row.
func Change(record events.DynamoDBEventRecord) (table.Change, error) {
	var c table.Change
	var err error
	if c.Old, c.OldExists, err = image(record.Change.OldImage); err != nil {
		return table.Change{}, fmt.Errorf("%w: old image of record %s", err, record.EventID)
	}
	if c.New, c.NewExists, err = image(record.Change.NewImage); err != nil {
		return table.Change{}, fmt.Errorf("%w: new image of record %s", err, record.EventID)
	}
	if !c.OldExists && !c.NewExists {
		return table.Change{}, fmt.Errorf("%w: record %s has no images", errForeign, record.EventID)
	}
	if c.OldExists && c.NewExists && c.Old.Key != c.New.Key {
		return table.Change{}, fmt.Errorf("%w: record %s has images of two rows", errForeign, record.EventID)
	}
	return c, nil
}

// image reads one image without the writer's id, which tells a worker nothing.
func image(from map[string]events.DynamoDBAttributeValue) (row table.Row, exists bool, err error) {
	if len(from) == 0 {
		return table.Row{}, false, nil
	}
	// The accessors of the event's values panic where an attribute came without a type.
	defer func() {
		if recover() != nil {
			row, exists, err = table.Row{}, false, fmt.Errorf("%w: a value without a type", errForeign)
		}
	}()
	row = table.Row{Attrs: make(table.Attrs, len(from))}
	for name, a := range from {
		if name == table.WriterAttr {
			continue
		}
		v, err := streamValue(a)
		if err == nil {
			err = place(&row, name, v)
		}
		if err != nil {
			return table.Row{}, false, fmt.Errorf("%w: attribute %q", err, name)
		}
	}
	if err := whole(row); err != nil {
		return table.Row{}, false, err
	}
	return row, true, nil
}

func streamValue(a events.DynamoDBAttributeValue) (table.Value, error) {
	switch a.DataType() {
	case events.DataTypeString:
		return table.S(a.String()), nil
	case events.DataTypeNumber:
		return decodeNumber(a.Number())
	case events.DataTypeBinary:
		return table.B(a.Binary()), nil
	case events.DataTypeBoolean:
		return table.Flag(a.Boolean()), nil
	default:
		return table.Value{}, fmt.Errorf("%w: a value of another type", errForeign)
	}
}
