// Package books puts the ledger together with what it needs of other domains: the posting of entries and the settlement of
// days. Its doors stand apart in calls, and reconciliation in matching, so that a worker carries neither.
package books

import (
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/settle"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments/wire/inside"
)

// Books is the ledger with its work.
type Books struct {
	Store   *ledgerstore.Store
	Poster  *ledgerstore.Poster
	Worker  *ledgerjobs.Worker // of the queue settlements: entries together, all else one by one
	Closing *settle.Worker     // closes and settles days, as one of the Worker's Others
	Settler *settle.Settler
	Sweeper *settle.Sweeper
}

// New puts the ledger together.
func New(p inside.Parts) *Books {
	s := ledgerstore.New(p.Table)
	poster := s.NewPoster(p.Clock, p.Random)
	settler := &settle.Settler{Store: s, Poster: poster, Partners: contracts{p.Contracts}, Alarms: AlarmsOf(p), Clock: p.Clock,
		DebtLimit: settle.DefaultDebtLimit}
	if p.Events != nil {
		settler.Events = events{p.Events}
	}
	closing := &settle.Worker{Settler: settler, Queue: p.Queue}
	return &Books{
		Store: s, Poster: poster, Settler: settler, Closing: closing,
		Worker:  &ledgerjobs.Worker{Poster: poster, Zones: ZonesOf(p.Contracts), Others: closing.Do, Aside: 8, Log: p.Log, Alarms: AlarmsOf(p)},
		Sweeper: &settle.Sweeper{Store: s, Queue: p.Queue, Clock: p.Clock, Log: p.Log},
	}
}
