package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/payments"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	t.Run("AreShort", func(t *testing.T) {
		t.Parallel()
		text := writeMarks([]payments.Mark{{Type: payments.EventPaymentUnknown, Version: 3, At: start}, {Type: payments.EventPaymentPaid, Version: 4, At: start}})
		require.Equal(t, "6.3.mm8y7c00,4.4.mm8y7c00", text, "rows in the table are written so: the places of EventTypes must not move")
	})
	t.Run("ComeBack", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) payments.Mark {
				return payments.Mark{Type: rapid.SampledFrom(payments.EventTypes).Draw(t, "type"), Version: rapid.Int64Range(1, 1<<40).Draw(t, "version"),
					At: time.UnixMilli(rapid.Int64Range(0, 1<<44).Draw(t, "at")).UTC()}
			}), 1, payments.MaxMarks).Draw(t, "marks")
			read, err := readMarks(writeMarks(list))
			require.NoError(t, err)
			require.Equal(t, list, read)
		})
	})
	t.Run("OfANewerVersionStay", func(t *testing.T) {
		t.Parallel()
		read, err := readMarks("99.1.1,4.4.1")
		require.NoError(t, err)
		require.False(t, read[0].Type.Known())
		require.Equal(t, payments.Mark{Type: payments.EventPaymentPaid, Version: 4, At: time.UnixMilli(1).UTC()}, read[1])
		require.Equal(t, "99.1.1,4.4.1", writeMarks(read), "this version has to write the row all the same")
	})
	for _, damaged := range []string{"", ",", "4", "4.4", "4.4.1.1", "x.4.1", "4.x.1", "4.4.!", "-1.4.1", "4.0.1", "4.4.-1", "4.4.1,"} {
		t.Run("ErrDamaged "+damaged, func(t *testing.T) {
			t.Parallel()
			_, err := readMarks(damaged)
			require.ErrorIs(t, err, errMarks)
		})
	}
}

func FuzzReadMarks(f *testing.F) {
	f.Add("6.3.mm8y7c00,4.4.mm8y7c00")
	f.Add("99.1.1")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readMarks(text)
		if err != nil || len(list) == 0 {
			return
		}
		again, err := readMarks(writeMarks(list))
		require.NoError(t, err)
		require.Equal(t, list, again)
	})
}
