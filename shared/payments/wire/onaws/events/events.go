// Package events hands out the partners' calls on events and on the endpoints that hear them.
package events

import (
	notifyapi "giberno.ru/shared/notify/api"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
)

// EventsAPI is the calls on events, with their door.
type EventsAPI struct {
	*notifyapi.Service
	*onaws.House
}

// Events makes them for a Lambda.
func Events() EventsAPI {
	return EventsOf(onaws.Build(surroundings.OfLambda(surroundings.NoQueue{})))
}

// EventsOf makes them for a house.
func EventsOf(h *onaws.House) EventsAPI {
	return EventsAPI{&notifyapi.Service{Store: h.Module.Parts.Events, Cursors: h.Module.Service.Cursors}, h}
}
