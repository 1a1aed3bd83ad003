package books

import (
	"context"
	"fmt"
	"sync"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/settle"
)

// ZonesOf tells the zone of a partner's business day.
func ZonesOf(contracts *identitystore.Store) ledgerjobs.Zones {
	return func(ctx context.Context, partner ids.ID) (*time.Location, error) {
		p, err := contracts.Partner(ctx, partner)
		if err != nil {
			return nil, err
		}
		return zoneOf(p)
	}
}

// zones are those that were read before: a zone is read from a file or an archive, and there are few.
var zones sync.Map // of *time.Location by name

func zoneOf(p identity.Partner) (*time.Location, error) {
	if known, ok := zones.Load(p.TimeZone); ok {
		return known.(*time.Location), nil
	}
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("books: the zone of %s: %w", p.ID, err)
	}
	zones.Store(p.TimeZone, zone)
	return zone, nil
}

// contracts is identity's store as the ledger sees it.
type contracts struct{ store *identitystore.Store }

// Partner gives a partner's zone and country.
func (c contracts) Partner(ctx context.Context, partner ids.ID) (settle.Partner, error) {
	p, err := c.store.Partner(ctx, partner)
	if err != nil {
		return settle.Partner{}, err
	}
	zone, err := zoneOf(p)
	return settle.Partner{Zone: zone, Country: p.Country}, err
}

// Account fails where there is no such account at a bank; a till of ours is none.
func (c contracts) Account(ctx context.Context, m ids.Mode, account ids.ID) error {
	a, err := c.store.Account(ctx, m, account)
	if err == nil && a.IsTill() {
		err = identitystore.ErrAccountNotFound
	}
	return err
}
