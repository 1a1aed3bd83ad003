package world

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	notifyjobs "giberno.ru/shared/notify/jobs"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
)

// HookURL is where the partner hears events.
const HookURL = "https://shop.example/hooks"

// shop hears every event.
type shop struct{}

func (shop) Do(*http.Request) (outbound.Answer, error) {
	return outbound.Answer{Status: http.StatusNoContent}, nil
}

// hooks gives the partner two endpoints: both have heard of a paid order, and of a second one they have still to hear.
func (w *World) hooks(ctx context.Context) error {
	for _, hook := range []struct {
		name string
		into *ids.ID
	}{{"sample endpoint", &w.Hook}, {"old sample endpoint", &w.OldHook}} {
		made, _, err := w.House.Module.Events.Create(ctx, notifystore.Wish{Mode: ids.Test, Partner: w.Partner, URL: HookURL, Name: ids.FromParts(hook.name)})
		if err != nil {
			return err
		}
		*hook.into = made.ID
	}
	worker := deliveries.New(w.House.Module.Parts, shop{}).Worker
	for _, of := range []Payment{w.Paid, w.Returnable} {
		drains, err := w.tell(ctx, of)
		if err != nil {
			return err
		}
		if of == w.Returnable {
			w.Drain = drains[0]
			return nil
		}
		for _, j := range drains {
			if err := worker.Do(ctx, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell tells of a payment, and gives the jobs that bring it to the endpoints.
func (w *World) tell(ctx context.Context, p Payment) (drains []queue.Job, err error) {
	whole, err := w.House.Module.Store.Load(ctx, ids.Test, p.Order)
	if err != nil {
		return nil, err
	}
	events := whole.EventsOf(p.ID, w.House.Module.Worker.Clock.Now())
	w.Event = notify.EventID(ids.Test, events[0].Object, notify.Type(events[0].Type), events[0].Version)
	body, err := json.Marshal(teller.AttemptJob{Mode: ids.Test, Order: p.Order, N: 1})
	if err != nil {
		return nil, err
	}
	if err := w.House.Module.Worker.Do(ctx, queue.Job{Kind: jobs.Tell, Version: 1, Key: "sample", Body: body}); err != nil {
		return nil, err
	}
	changes, err := w.Table.Changes(ctx, 10_000)
	if err != nil {
		return nil, err
	}
	for _, c := range changes[w.relayed:] {
		drains = append(drains, notifyjobs.FromChange(c)...)
	}
	if w.relayed = len(changes); len(drains) == 0 {
		return nil, errors.New("nobody hears of the payment")
	}
	return drains, nil
}
