package books

import (
	"context"
	"encoding/json"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
)

// The versions of a settlement: it changes once.
const (
	versionClosed  = 1
	versionPaidOut = 2
)

// events is the store of events as settlement sees it.
type events struct{ store *notifystore.Store }

// Ready tells the partner of a settlement that was made, unless it says nothing to him: such a one his list does not show
// either. The event's name is that of the settlement's first version, whatever became of it since.
func (e events) Ready(ctx context.Context, made ledger.Settlement) error {
	if made.Bare() {
		return nil
	}
	shown, err := object.OfSettlement(made)
	if err != nil {
		return err
	}
	version := int64(versionClosed)
	if made.Status == ledger.SettlementPaidOut {
		version = versionPaidOut
	}
	data, err := json.Marshal(struct {
		object.Settlement
		Version int64 `json:"version"`
	}{shown, version})
	if err != nil {
		return err
	}
	event, err := notify.New(made.Mode, made.Partner, notify.SettlementReady, made.ID, versionClosed, made.ClosedAt, data)
	if err != nil {
		return err
	}
	return e.store.Tell(ctx, event)
}
