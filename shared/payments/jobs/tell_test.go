package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// partners keeps what they were told, by object and type.
type partners struct {
	kept   map[string]json.RawMessage
	reads  int
	broken error
}

func (p *partners) Tell(_ context.Context, m ids.Mode, to ids.ID, e payments.Event, data json.RawMessage) error {
	if p.broken != nil || m != ids.Test || to != partner {
		return errors.Join(p.broken, errOff)
	}
	if _, there := p.kept[name(e)]; !there {
		p.kept[name(e)] = bytes.Clone(data)
	}
	return nil
}

func (p *partners) Told(_ context.Context, _ ids.Mode, events ...payments.Event) (told []bool, err error) {
	p.reads++
	for _, e := range events {
		told = append(told, p.kept[name(e)] != nil)
	}
	return told, p.broken
}

func name(e payments.Event) string { return e.Object.String() + " " + string(e.Type) }

// telling gives an office partners who listen.
func telling(o *office) *partners {
	p := &partners{kept: map[string]json.RawMessage{}}
	o.worker.Events, o.sweeper.Told = p, p.Told
	o.worker.BaseURL = "https://pay.example"
	return p
}

func TestTell(t *testing.T) {
	t.Parallel()
	t.Run("APaymentAndItsOrder", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		p := telling(o)
		o.do(t, o.follows(t))
		payment, order := o.whole.Payments[0], o.whole.Order
		var got struct {
			UUID    ids.ID      `json:"uuid"`
			Status  string      `json:"status"`
			Paid    money.Money `json:"paid"`
			Link    string      `json:"link"`
			Version int64       `json:"version"`
		}
		require.NoError(t, json.Unmarshal(p.kept[payment.ID.String()+" payment.paid"], &got))
		require.Equal(t, []any{payment.ID, "paid", payment.Version}, []any{got.UUID, got.Status, got.Version})
		require.NoError(t, json.Unmarshal(p.kept[order.ID.String()+" order.paid"], &got))
		require.Equal(t, []any{order.ID, "paid", o.whole.State.Version, total}, []any{got.UUID, got.Status, got.Version, got.Paid})
		require.True(t, strings.HasPrefix(got.Link, "https://pay.example/p/t"))
		require.Contains(t, p.kept, payments.ReceiptID(payment.ID).String()+" receipt.ready")
		require.Len(t, p.kept, 3)
		o.refunded(50_000)
		o.do(t, o.follows(t))
		require.Contains(t, p.kept, o.whole.Refunds[0].ID.String()+" refund.succeeded")
	})
	t.Run("WithoutTheFeedItIsOnlyLate", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		p := telling(o)
		o.posted[ledger.PaidID(o.whole.Payments[0].ID)] = true
		o.follows(t) // nobody takes them
		for range 10 {
			o.clock.Advance(6 * time.Minute)
			_, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
			require.NoError(t, err)
			o.work()
			_, err = queue.Work(t.Context(), o.queue, queue.Receipts, 10, o.worker.Do, quiet)
			require.NoError(t, err)
		}
		require.Len(t, p.kept, 3)
		_, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		for _, child := range []ids.ID{o.whole.Payments[0].ID, payments.ReceiptID(o.whole.Payments[0].ID)} {
			whole := o.load(o.whole.Order)
			r, _ := whole.ReceiptOf(child)
			require.True(t, child == whole.Payments[0].ID && whole.Payments[0].Due.IsZero() || child == r.ID && r.Due.IsZero(), "%s is let go", child)
		}
	})
	t.Run("ItIsOwedUntilItIsKept", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		p := telling(o)
		o.do(t, o.follows(t))
		o.posted[ledger.PaidID(o.whole.Payments[0].ID)] = true
		delete(p.kept, o.whole.Order.ID.String()+" order.paid")
		o.clock.Advance(payments.FeedFirst)
		swept, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, jobs.Swept{Seen: 2, LetGo: 1, Enqueued: 1}, swept, "the receipt is let go of")
		require.Equal(t, 1, p.reads, "one read for the whole page")
	})
	t.Run("ErrAway", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		p := telling(o)
		p.broken = table.ErrUnavailable
		for _, j := range o.follows(t) {
			if j.Kind == jobs.Tell {
				require.ErrorIs(t, o.worker.Do(t.Context(), j), table.ErrUnavailable)
			}
		}
		o.clock.Advance(payments.FeedFirst)
		_, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.ErrorIs(t, err, table.ErrUnavailable)
		require.False(t, o.load(o.whole.Order).Payments[0].Due.IsZero(), "nothing was let go of")
	})
	t.Run("AFactThatCannotBeReadHoldsUpItsRowAlone", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		p := telling(o)
		o.do(t, o.follows(t))
		o.posted[ledger.PaidID(o.whole.Payments[0].ID)] = true
		damaged := errors.New("damaged")
		o.sweeper.Told = func(ctx context.Context, m ids.Mode, events ...payments.Event) ([]bool, error) {
			for _, e := range events {
				if e.Type == payments.EventOrderPaid {
					return nil, damaged
				}
			}
			return p.Told(ctx, m, events...)
		}
		o.clock.Advance(payments.FeedFirst)
		swept, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, jobs.Swept{Seen: 1, LetGo: 1}, swept)
	})
	t.Run("ALargeObjectIsTrimmedAndSaysSo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		d := payments.Draft{Project: "p", Email: "a@b.ru", Metadata: map[string]string{"note": strings.Repeat("ж", 500)}}
		for range payments.MaxItems {
			d.Items = append(d.Items, payments.Item{Name: strings.Repeat("я", 128), Price: total, Quantity: 1000})
		}
		o, err := payments.NewOrder(d, ids.FromParts("large"), ids.Test, partner, start)
		require.NoError(t, err)
		_, _, err = w.store.Create(t.Context(), o)
		require.NoError(t, err)
		whole := w.load(o)
		require.NoError(t, w.store.Save(t.Context(), payments.Expire(whole, o.ExpiresAt)))
		p := &partners{kept: map[string]json.RawMessage{}}
		w.worker.Events = p
		changes, err := w.table.Changes(t.Context(), 100)
		require.NoError(t, err)
		for _, c := range changes {
			for _, j := range jobs.FromChange(c) {
				require.NoError(t, w.worker.Do(t.Context(), j))
			}
		}
		data := p.kept[o.ID.String()+" order.expired"]
		require.Less(t, len(data), jobs.MaxData)
		var got struct {
			Items    []any             `json:"items"`
			Metadata map[string]string `json:"metadata"`
			Omitted  []string          `json:"omitted"`
			Total    money.Money       `json:"total"`
		}
		require.NoError(t, json.Unmarshal(data, &got))
		require.Empty(t, got.Items)
		require.Equal(t, []string{"items"}, got.Omitted)
		require.NotEmpty(t, got.Metadata)
		require.Equal(t, o.Total, got.Total)
	})
}
