package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// A row that cannot be read whole is refused: read as empty, a lost call or a deadline would let money move twice.
func TestDamagedAttributes(t *testing.T) {
	t.Parallel()
	refuses(t, "order", orderFields)
	refuses(t, "state", stateFields)
	refuses(t, "payment", paymentFields)
	refuses(t, "refund", refundFields)
	refuses(t, "receipt", receiptFields)
	refuses(t, "alarm", alarmFields)

	t.Run("LoadRefusesThePayment", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("damaged")
		key := paymentKey(ids.Test, whole.Order.ID, 1)
		require.NoError(t, w.table.Write(t.Context(), table.Update(key).Set("cll", table.B([]byte(`{"op":"capt`)))))
		_, err := w.Load(t.Context(), ids.Test, whole.Order.ID)
		require.ErrorContains(t, err, "the attribute cll cannot be read")
		require.NotErrorIs(t, err, payments.ErrOrderNotFound)
	})
	t.Run("LoadRefusesTheRefund", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, _ := w.refund(w.paid("damaged"), payments.RefundWish{Amount: 100})
		key := refundKey(whole.Refunds[0])
		require.NoError(t, w.table.Write(t.Context(), table.Update(key).Set("itm", table.B([]byte(`[{"l":1`)))))
		_, err := w.Load(t.Context(), ids.Test, whole.Order.ID)
		require.ErrorContains(t, err, "the attribute itm cannot be read", "read as empty, the line would be given back twice")
	})
	t.Run("LoadRefusesWhatPromisesForget", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, _ := w.refund(w.paid("damaged"), payments.RefundWish{Amount: 100})
		key := stateKey(ids.Test, whole.Order.ID)
		require.NoError(t, w.table.Write(t.Context(), table.Update(key).Set("prm", table.B([]byte(`[{"n":1`)))))
		_, err := w.Load(t.Context(), ids.Test, whole.Order.ID)
		require.ErrorContains(t, err, "the attribute prm cannot be read", "read as empty, the money would be given back twice")
	})
}

func refuses[T any](t *testing.T, row string, list []fields.Of[T]) {
	t.Helper()
	whole := filled[T]()
	for _, f := range list {
		for damage, v := range map[string]table.Value{"CutOff": table.B([]byte("{")), "OfAnotherKind": other(f.Get(&whole))} {
			t.Run(row+"/"+f.Name+"/"+damage, func(t *testing.T) {
				t.Parallel()
				attrs := fields.New(schemaVersion, list, &whole)
				attrs[f.Name] = v
				var read T
				require.ErrorContains(t, fields.Read(list, attrs, &read), f.Name)
			})
		}
	}
}

func other(v table.Value) table.Value {
	if v.Kind() == table.N(0).Kind() {
		return table.S("7")
	}
	return table.N(7)
}
