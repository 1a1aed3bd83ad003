package books

import (
	"context"
	"log/slog"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/platform/log"
)

// Alarms opens the ledger's alarms among those of the payment module, so that operators have one list.
type Alarms struct {
	store *store.Store
	clock clock.Clock
	log   *slog.Logger
}

// ReconciliationBreaks is the alarm of new breaks. Its object is the account.
const ReconciliationBreaks = "reconciliation_breaks"

// AlarmsOf gives them to whoever works beside the books.
func AlarmsOf(p inside.Parts) Alarms { return Alarms{store.New(p.Table), p.Clock, p.Log} }

// Raise opens an alarm. One that is open already stays as it is.
func (a Alarms) Raise(ctx context.Context, m ids.Mode, kind, object, detail string) error {
	now := a.clock.Now().UTC().Truncate(time.Millisecond)
	a.log.ErrorContext(ctx, "alarm", "kind", kind, "object", object, "detail", detail)
	log.Metric(ctx, a.log, now, "alarm_raised", 1, log.Count, map[string]string{"kind": kind})
	return a.store.RaiseHouse(ctx, m, payments.Alarm{Kind: payments.AlarmKind(kind), Object: object, Detail: detail, OpenedAt: now})
}
