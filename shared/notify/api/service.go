// Package api is the door for partners who hear events: their endpoints, the events of the last 30 days with their deliveries, and
// telling one again. One endpoint stands in one file; no rule lives here.
package api

import (
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/web"
)

// Service serves the endpoints of events.
type Service struct {
	Store   *store.Store
	Cursors page.Signer
}

// Endpoints lists the endpoints of partners.
func (s *Service) Endpoints() []web.Endpoint {
	return []web.Endpoint{
		s.CreateWebhookEndpoint(), s.ListWebhookEndpoints(), s.DeleteWebhookEndpoint(), s.RotateWebhookSecret(),
		s.ListEvents(), s.GetEvent(), s.RedeliverEvent(),
	}
}

// scopeOf names a list, its owner and its filters: a cursor continues the very list that it was given for.
func scopeOf(who web.Caller, list string, filters ...string) string {
	parts := append([]string{list, string(who.Mode), who.Partner.String()}, filters...)
	return ids.FromParts(parts...).String()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
