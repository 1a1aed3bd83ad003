package rows

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
)

// keptRow is a row as it is kept in testdata.
type keptRow struct {
	Key    [2]string               `json:"key"`
	First  *[2]string              `json:"first,omitempty"`
	Second *[2]string              `json:"second,omitempty"`
	TTL    int64                   `json:"ttl,omitempty"`
	Attrs  map[string]keptVariable `json:"attrs"`
}

// keptVariable is an attribute. Bytes that are text are kept as text, so that a person can read them.
type keptVariable struct {
	S   *string `json:"S,omitempty"`
	N   *int64  `json:"N,omitempty"`
	B   *string `json:"B,omitempty"`
	B64 *string `json:"B64,omitempty"`
	F   *bool   `json:"F,omitempty"`
}

func keep(row table.Row) keptRow {
	place := func(k table.Key) *[2]string {
		if k.IsZero() {
			return nil
		}
		return &[2]string{k.PK, k.SK}
	}
	kept := keptRow{Key: *place(row.Key), First: place(row.First), Second: place(row.Second), TTL: row.TTL, Attrs: map[string]keptVariable{}}
	for name, v := range row.Attrs {
		var is keptVariable
		switch v.Kind() {
		case table.TextKind:
			is.S = ptr(v.Text())
		case table.NumberKind:
			is.N = ptr(v.Number())
		case table.FlagKind:
			is.F = ptr(v.True())
		case table.BytesKind:
			if utf8.Valid(v.Bytes()) {
				is.B = ptr(string(v.Bytes()))
			} else {
				is.B64 = ptr(base64.StdEncoding.EncodeToString(v.Bytes()))
			}
		}
		kept.Attrs[name] = is
	}
	return kept
}

func ptr[T any](v T) *T { return &v }

func (k keptRow) row(t *testing.T) table.Row {
	t.Helper()
	place := func(p *[2]string) table.Key {
		if p == nil {
			return table.Key{}
		}
		return table.Key{PK: p[0], SK: p[1]}
	}
	row := table.Row{Key: place(&k.Key), First: place(k.First), Second: place(k.Second), TTL: k.TTL, Attrs: table.Attrs{}}
	for name, v := range k.Attrs {
		switch {
		case v.S != nil:
			row.Attrs[name] = table.S(*v.S)
		case v.N != nil:
			row.Attrs[name] = table.N(*v.N)
		case v.F != nil:
			row.Attrs[name] = table.Flag(*v.F)
		case v.B != nil:
			row.Attrs[name] = table.B([]byte(*v.B))
		default:
			raw, err := base64.StdEncoding.DecodeString(*v.B64)
			require.NoError(t, err)
			row.Attrs[name] = table.B(raw)
		}
	}
	return row
}

// read reads a JSON file of testdata.
func read(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", path))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

// kept reads the rows of one version of a domain.
func kept(t *testing.T, version, domain string) (rows []table.Row) {
	t.Helper()
	var all []keptRow
	read(t, filepath.Join(version, domain+".rows.json"), &all)
	for _, k := range all {
		rows = append(rows, k.row(t))
	}
	return rows
}

// fresh makes an empty table.
func fresh(t *testing.T) *boltengine.Engine {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	e, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	return e
}

// with makes a table that holds the rows.
func with(t *testing.T, rows []table.Row) *boltengine.Engine {
	t.Helper()
	e := fresh(t)
	for _, row := range rows {
		require.NoError(t, e.Write(t.Context(), table.Put(row)))
	}
	return e
}

// written lists the rows that a table holds, from its log of changes, in the order of their first write.
func written(t *testing.T, e *boltengine.Engine) (rows []table.Row) {
	t.Helper()
	changes, err := e.Changes(t.Context(), 10_000)
	require.NoError(t, err)
	at := map[table.Key]int{}
	for _, c := range changes {
		i, known := at[c.Key()]
		if !known {
			i, at[c.Key()] = len(rows), len(rows)
			rows = append(rows, table.Row{})
		}
		rows[i] = c.New
	}
	return rows
}
