package boltengine

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

var fullRow = table.Row{
	Key: table.Key{PK: "p#1", SK: "ORDER"}, First: table.Key{PK: "f", SK: "1"}, Second: table.Key{PK: "s\x00", SK: "2"}, TTL: 4_102_444_800,
	Attrs: table.Attrs{
		"txt": table.S("привет"), "num": table.N(math.MinInt64), "big": table.N(math.MaxInt64), "raw": table.B([]byte{0, 1, 255}),
		"yes": table.Flag(true), "no": table.Flag(false), "none": table.S(""),
	},
}

func TestCodec(t *testing.T) {
	t.Parallel()
	t.Run("ThereAndBack", func(t *testing.T) {
		t.Parallel()
		for _, row := range []table.Row{fullRow, {Key: fullRow.Key}, {Key: fullRow.Key, TTL: 1, Attrs: table.Attrs{"x": table.N(-1)}}} {
			got, err := decodeRow(row.Key, string(appendRow(nil, row)))
			require.NoError(t, err)
			require.True(t, row.Equal(got), "%v", got)
		}
	})
	t.Run("TheFormatDoesNotChange", func(t *testing.T) {
		t.Parallel()
		row := table.Row{First: table.Key{PK: "f", SK: "1"}, TTL: 3, Attrs: table.Attrs{
			"b": table.B([]byte{7}), "a": table.N(-2), "c": table.S("é"), "d": table.Flag(true),
		}}
		require.Equal(t, "\x01\x05"+"\x01f\x011"+"\x06"+"\x04"+"\x01a\x02\x03"+"\x01b\x03\x01\x07"+"\x01c\x01\x02é"+"\x01d\x04\x01", string(appendRow(nil, row)))
	})
	t.Run("EveryCutIsNoticed", func(t *testing.T) {
		t.Parallel()
		whole := string(appendRow(nil, fullRow))
		for n := range len(whole) {
			_, err := decodeRow(fullRow.Key, whole[:n])
			require.ErrorIs(t, err, errDamaged, "%d bytes", n)
		}
		_, err := decodeRow(fullRow.Key, whole+"\x00")
		require.ErrorIs(t, err, errDamaged)
	})
	t.Run("ANewerVersionIsNotGuessed", func(t *testing.T) {
		t.Parallel()
		_, err := decodeRow(fullRow.Key, "\x02"+string(appendRow(nil, fullRow))[1:])
		require.ErrorIs(t, err, errDamaged)
	})
}

// Whatever the bytes: no panic, no huge allocation, and what can be read is written as the same bytes again.
func FuzzDecodeRow(f *testing.F) {
	f.Add(string(appendRow(nil, fullRow)))
	f.Add(string(appendRow(nil, table.Row{})))
	f.Add("\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Add("\x01\x04\x80\x00\x00")
	f.Add("\x01\x00\x02\x01a\x04\x01\x01a\x04\x01")
	f.Fuzz(func(t *testing.T, rec string) {
		row, err := decodeRow(table.Key{PK: "p", SK: "s"}, rec)
		if err != nil {
			require.ErrorIs(t, err, errDamaged)
			return
		}
		if row.First.IsZero() == (rec[1]&hasFirst != 0) || row.Second.IsZero() == (rec[1]&hasSecond != 0) || (row.TTL == 0) == (rec[1]&hasTTL != 0) {
			return // a flag whose value says «not there» is read as that, and not written again
		}
		require.Equal(t, rec, string(appendRow(nil, row)))
	})
}

func FuzzDecodeChange(f *testing.F) {
	full := encodeRow(fullRow)
	f.Add(string(encodeChange(fullRow.Key, full, full)))
	f.Add(string(encodeChange(fullRow.Key, nil, full)))
	f.Add(string(encodeChange(fullRow.Key, full, nil)))
	f.Add("\x01\x00")
	f.Fuzz(func(t *testing.T, rec string) {
		c, err := decodeChange(7, rec)
		if err != nil {
			return
		}
		require.True(t, c.OldExists || c.NewExists)
		var old, is []byte
		if c.OldExists {
			old = encodeRow(c.Old)
		}
		if c.NewExists {
			is = encodeRow(c.New)
		}
		again, err := decodeChange(7, string(encodeChange(c.Key(), old, is)))
		require.NoError(t, err)
		require.Equal(t, c.Key(), again.Key())
		require.True(t, c.Old.Equal(again.Old) && c.New.Equal(again.New))
	})
}

// Keys come back, and sort like (partition, sort key).
func FuzzKeys(f *testing.F) {
	f.Add("a", "b", "a\x00", "b")
	f.Add("a\x00", "\x01b", "a", "\x00\x01b")
	f.Add("\xff", "\xff\xff", "", "\x00")
	f.Fuzz(func(t *testing.T, pk1, sk1, pk2, sk2 string) {
		one, two := table.Key{PK: pk1, SK: sk1}, table.Key{PK: pk2, SK: sk2}
		got, ok := cutRowKey(string(rowKey(one)))
		require.True(t, ok)
		require.Equal(t, one, got)
		place, row, ok := cutPlaceKey(string(placeKey(one, two)))
		require.True(t, ok)
		require.Equal(t, one, place)
		require.Equal(t, two, row)

		want := strings.Compare(pk1, pk2)
		if want == 0 {
			want = strings.Compare(sk1, sk2)
		}
		require.Equal(t, want, strings.Compare(string(rowKey(one)), string(rowKey(two))))
		if want != 0 {
			require.Equal(t, want, strings.Compare(string(placeKey(one, two)), string(placeKey(two, one))))
		}
		_, _, _ = cutPlaceKey(pk1 + sk1) // no panic
	})
}
