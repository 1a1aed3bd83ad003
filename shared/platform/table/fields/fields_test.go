package fields_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

type row struct {
	Name  string
	N     int64
	Tries int
	On    bool
	At    time.Time
	Until time.Time
	ID    ids.ID
	Part  part
	Data  json.RawMessage
}

type part struct {
	Line int `json:"l,omitempty"`
}

var list = []fields.Of[row]{
	fields.Text("nm", func(r *row) *string { return &r.Name }),
	fields.Number("n", func(r *row) *int64 { return &r.N }),
	fields.Count("trs", func(r *row) *int { return &r.Tries }),
	fields.Truth("onn", func(r *row) *bool { return &r.On }),
	fields.Instant("att", func(r *row) *time.Time { return &r.At }),
	fields.Moment("utl", func(r *row) *time.Time { return &r.Until }),
	fields.UUID("id", func(r *row) *ids.ID { return &r.ID }),
	fields.Document("prt", func(r *row) *part { return &r.Part }, fields.IsZero[part]),
	fields.Raw("dta", func(r *row) *json.RawMessage { return &r.Data }),
}

func full() row {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return row{"a", -7, 3, true, at, at.Add(time.Hour), ids.FromParts("x"), part{4}, json.RawMessage(`{"b": 1}`)}
}

func drawn(t *rapid.T) row {
	at := rapid.Custom(func(t *rapid.T) time.Time {
		if ms := rapid.Int64Range(0, 1<<42).Draw(t, "ms"); ms > 0 {
			return time.UnixMilli(ms).UTC()
		}
		return time.Time{}
	})
	return row{
		rapid.String().Draw(t, "name"), rapid.Int64().Draw(t, "n"), rapid.IntRange(0, 9).Draw(t, "tries"), rapid.Bool().Draw(t, "on"),
		at.Draw(t, "at"), at.Draw(t, "until"), rapid.SampledFrom([]ids.ID{{}, ids.FromParts("x")}).Draw(t, "id"),
		part{rapid.IntRange(0, 3).Draw(t, "line")}, json.RawMessage(`{"b": 1}`),
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	t.Run("WhatIsWrittenIsRead", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			want := drawn(t)
			var got row
			require.NoError(t, fields.Read(list, fields.New(3, list, &want), &got))
			require.Equal(t, want, got)
		})
	})
	t.Run("AZeroFieldHasNoAttribute", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, table.Attrs{"sv": table.N(3), "trs": table.N(0), "utl": table.N(0), "dta": table.B(nil)}, fields.New(3, list, &row{}),
			"but for those that conditions and updates compare")
	})
	t.Run("AnUpdateDoesNotNameTheVersion", func(t *testing.T) {
		t.Parallel()
		whole := full()
		require.NotContains(t, fields.Attrs(list, &whole), fields.VersionAttr)
	})
	t.Run("WhatIsNotKnownIsPassedOver", func(t *testing.T) {
		t.Parallel()
		whole := full()
		attrs := fields.New(3, list, &whole)
		attrs["zz"] = table.S("of a newer version")
		var got row
		require.NoError(t, fields.Read(list, attrs, &got))
		require.Equal(t, whole, got)
	})
	whole := full()
	for _, f := range list {
		t.Run("ErrAnotherKind "+f.Name, func(t *testing.T) {
			t.Parallel()
			attrs := fields.New(3, list, &whole)
			attrs[f.Name] = table.N(7)
			if f.Get(&whole).Kind() == table.N(0).Kind() {
				attrs[f.Name] = table.S("7")
			}
			require.ErrorContains(t, fields.Read(list, attrs, new(row)), f.Name, "it must not read as empty")
		})
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	was, is := full(), full()
	is.Name, is.N, is.On = "b", 0, false
	key := table.Key{PK: "A#1", SK: "A"}
	parts := fields.Change(table.Update(key), list, &was, &is).Parts()
	require.Equal(t, table.Attrs{"nm": table.S("b")}, parts.Set)
	require.ElementsMatch(t, []string{"n", "onn"}, parts.Remove)
	same := fields.Change(table.Update(key), list, &was, &was).Parts()
	require.Empty(t, same.Set)
	require.Empty(t, same.Remove)
}
