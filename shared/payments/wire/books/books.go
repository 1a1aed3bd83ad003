// Package books puts the ledger together with what it needs of other domains.
package books

import (
	"context"
	"fmt"
	"time"

	"giberno.ru/shared/core/ids"
	identitystore "giberno.ru/shared/identity/store"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments/wire/inside"
)

// Books is the ledger with its work.
type Books struct {
	Store  *ledgerstore.Store
	Worker *ledgerjobs.Worker
}

// New puts the ledger together.
func New(p inside.Parts) *Books {
	s := ledgerstore.New(p.Table)
	return &Books{
		Store:  s,
		Worker: &ledgerjobs.Worker{Poster: s.NewPoster(p.Clock, p.Random), Zones: ZonesOf(p.Contracts), Log: p.Log},
	}
}

// ZonesOf tells the zone of a partner's business day.
func ZonesOf(contracts *identitystore.Store) ledgerjobs.Zones {
	return func(ctx context.Context, partner ids.ID) (*time.Location, error) {
		p, err := contracts.Partner(ctx, partner)
		if err != nil {
			return nil, err
		}
		zone, err := time.LoadLocation(p.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("books: the zone of %s: %w", p.ID, err)
		}
		return zone, nil
	}
}
