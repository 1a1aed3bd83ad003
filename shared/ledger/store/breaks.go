package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/platform/table"
)

// Break is a break as it is kept.
type Break struct {
	reconcile.Break
	// Decision is what an operator decided. It stands from before the correcting entry is posted: a break that is still open
	// and has one waits only for that entry.
	Decision *Decision
	Version  int64 // of the row; 0: it is not kept yet
}

// Decision is how an operator resolves a break.
type Decision struct {
	Posting  string        `json:"posting"`         // his word for it
	Entry    *ledger.Entry `json:"entry,omitempty"` // the correction; nil: there is nothing to post
	Note     string        `json:"note"`
	Operator string        `json:"operator"`
	At       time.Time     `json:"at"`
}

// Mode is the world of the break.
func (b Break) Mode() ids.Mode { m, _, _ := ReadSide(b.Account); return m }

// Bank is the account at the bank that the break is about.
func (b Break) Bank() ids.ID { _, account, _ := ReadSide(b.Account); return account }

// OfPayouts reports a break between registers and transfers.
func (b Break) OfPayouts() bool { _, _, payouts := ReadSide(b.Account); return payouts }

// decided reports a break that only waits for its correcting entry.
func (b Break) decided() bool { return b.State == reconcile.Open && b.Decision != nil }

// AsKept is the break as a run has to see it: what an operator has decided is as good as resolved, so that no run takes it away
// from under the entry that is being posted.
func (b Break) AsKept() reconcile.Break {
	kept := b.Break
	if b.decided() {
		kept.State = reconcile.Resolved
	}
	return kept
}

func alive(s reconcile.State) bool { return s == reconcile.Open || s == reconcile.Transit }

// Side names, in runs and breaks, the register of an account at a bank. The breaks of its payouts stand under the name with
// payoutsTail (reconcile.Run.Payouts).
func Side(m ids.Mode, account ids.ID) string { return string(m) + "/" + account.String() }

const payoutsTail = "/payouts"

// ReadSide reads Side back; the zero mode and id for a name that is none.
func ReadSide(side string) (m ids.Mode, account ids.ID, payouts bool) {
	register, payouts := strings.CutSuffix(side, payoutsTail)
	mode, id, _ := strings.Cut(register, "/")
	account, err := ids.Parse(id)
	if m = ids.Mode(mode); err != nil || !m.Valid() {
		return "", ids.ID{}, false
	}
	return m, account, payouts
}

// ErrBreakNotFound is a break that is not there.
var ErrBreakNotFound = fault.NotFound("break_not_found", "There is no such break.")

// ErrBreakMoved is a break that somebody else has changed meanwhile. Of a single break nothing was written; a run may have
// written a part, and goes on where it is repeated.
var ErrBreakMoved = fault.Unavailable("break_changed_meanwhile", "Somebody else works on these breaks; try again.").After(time.Second)

// Break reads a break. It fails with ErrBreakNotFound. One round trip.
func (s *Store) Break(ctx context.Context, m ids.Mode, id ids.ID) (Break, error) {
	row, found, err := s.table.Get(ctx, breakKey(m, id))
	if err != nil {
		return Break{}, err
	}
	if !found {
		return Break{}, ErrBreakNotFound
	}
	return readBreak(row)
}

// Breaks lists the breaks of a mode that are in a state, oldest first, behind the position where the page before ended ("": the
// first page). next is "" when nothing is left. A page may be short. One index query and one batch read per 100.
func (s *Store) Breaks(ctx context.Context, m ids.Mode, state reconcile.State, after string, limit int) (list []Break, next string, err error) {
	q := table.Query{Index: table.First, PK: breaksPK(m, state), Limit: limit}
	if after != "" {
		q.From = after + "\x00"
	}
	page, err := s.table.Query(ctx, q)
	if err != nil || len(page.Rows) == 0 {
		return nil, "", err
	}
	all, err := s.breaksAt(ctx, page.Rows)
	if err != nil {
		return nil, "", err
	}
	for _, b := range all {
		if b.State == state { // the index may be behind the table
			list = append(list, b)
		}
	}
	if page.More != nil {
		next = page.Rows[len(page.Rows)-1].First.SK
	}
	return list, next, nil
}

// keptTries is how often the index is asked before it is said to be behind: somebody may write between the count and the list.
const keptTries = 3

// KeptBreaks lists what a run over an account has to know: the breaks that are in transit or open, and those that a run of since
// or later no longer found. It fails with ErrBehind while the index does not show them all.
func (s *Store) KeptBreaks(ctx context.Context, side string, since time.Time) ([]Break, error) {
	for range keptTries {
		head, _, err := s.table.Get(ctx, breaksHeadKey(side))
		if err != nil {
			return nil, err
		}
		living, err := s.keptUnder(ctx, table.Query{Index: table.Second, PK: keptPK(side), Prefix: aliveSK, Limit: 1000})
		if err != nil {
			return nil, err
		}
		living = slices.DeleteFunc(living, func(b Break) bool { return !alive(b.State) })
		if int64(len(living)) != head.Attrs[aliveAttr].Number() {
			continue
		}
		gone, err := s.keptUnder(ctx, table.Query{Index: table.Second, PK: keptPK(side),
			From: vanishedSK + stamp(since), To: vanishedSK + "~", Limit: 1000})
		gone = slices.DeleteFunc(gone, func(b Break) bool { return b.State != reconcile.Vanished })
		return append(living, gone...), err
	}
	return nil, ErrBehind
}

func (s *Store) keptUnder(ctx context.Context, q table.Query) (list []Break, err error) {
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		some, err := s.breaksAt(ctx, page.Rows)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
		if page.More == nil {
			return list, nil
		}
		q.After = page.More
	}
}

// breaksAt reads the breaks whose rows an index shows, in its order.
func (s *Store) breaksAt(ctx context.Context, places []table.Row) ([]Break, error) {
	keys := make([]table.Key, len(places))
	for i, row := range places {
		keys[i] = row.Key
	}
	return s.breaks(ctx, keys)
}

// BreaksOf reads breaks by their ids; those that are not there are left out. One round trip per 100.
func (s *Store) BreaksOf(ctx context.Context, m ids.Mode, of []ids.ID) ([]Break, error) {
	keys := make([]table.Key, len(of))
	for i, id := range of {
		keys[i] = breakKey(m, id)
	}
	return s.breaks(ctx, keys)
}

func (s *Store) breaks(ctx context.Context, keys []table.Key) (list []Break, err error) {
	for part := range slices.Chunk(keys, table.MaxKeys) {
		rows, err := s.table.GetMany(ctx, part)
		if err != nil {
			return nil, err
		}
		byKey := make(map[table.Key]table.Row, len(rows))
		for _, row := range rows {
			byKey[row.Key] = row
		}
		for _, key := range part {
			row, there := byKey[key]
			if !there {
				continue
			}
			b, err := readBreak(row)
			if err != nil {
				return nil, err
			}
			list = append(list, b)
		}
	}
	return list, nil
}

// KeepBreaks writes new and changed breaks of one side. was has those that were kept, by id: each is written only if it is as it
// was, and a new one only if it is not there. It fails with ErrBreakMoved. One round trip for each 99 breaks.
func (s *Store) KeepBreaks(ctx context.Context, side string, was map[ids.ID]Break, now []reconcile.Break) error {
	for part := range slices.Chunk(now, table.MaxActions-1) {
		actions := make([]table.Action, 0, len(part)+1)
		var more int64
		for _, b := range part {
			before := was[b.ID]
			kept := Break{Break: b, Decision: before.Decision, Version: before.Version + 1}
			actions = append(actions, table.Put(breakRow(kept)).If(table.Version(before.Version)))
			more += grows(before, kept)
		}
		if err := s.writeBreaks(ctx, side, more, actions); err != nil {
			return err
		}
	}
	return nil
}

// ChangeBreak writes a break that an operator works on, if it is still as was, and gives it as it stands then. It fails with
// ErrBreakMoved. One round trip.
func (s *Store) ChangeBreak(ctx context.Context, was, now Break) (Break, error) {
	now.Version = was.Version + 1
	put := table.Put(breakRow(now)).If(table.Version(was.Version))
	return now, s.writeBreaks(ctx, now.Account, grows(was, now), []table.Action{put})
}

// grows is how many more breaks are in transit or open.
func grows(was, now Break) (n int64) {
	if was.Version > 0 && alive(was.State) {
		n--
	}
	if alive(now.State) {
		n++
	}
	return n
}

// writeBreaks writes breaks and counts those that are alive: by that number a list from the index is known to be whole.
func (s *Store) writeBreaks(ctx context.Context, side string, more int64, actions []table.Action) error {
	if more != 0 {
		actions = append(actions, table.Update(breaksHeadKey(side)).Set("sv", table.N(schemaVersion)).Add(aliveAttr, more))
	}
	err := s.table.Write(ctx, actions...)
	if table.IsRefused(err) {
		return ErrBreakMoved
	}
	return err
}
