package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// plus adds amounts, or fails with money.ErrOverflow.
func plus(a, b int64) (int64, error) {
	sum, err := money.Of(a, money.RUB).Add(money.Of(b, money.RUB))
	return sum.Amount, err
}

// moved is what the entries of a time did to a shard.
type moved struct {
	count    int64
	facts    ledger.Facts
	balances ledger.Balances
	// Of these, what a settlement counts apart. Entries of an earlier version are not in them, so no audit asks for them.
	own   ledger.Facts // through the partner's own accounts
	aside int64        // of what is owed: set aside by settlements
}

// split gives the sums as a settlement has them.
func (m moved) split() (s ledger.Sums, err error) {
	own := m.own
	s.Own, s.Aside, s.Charge = own, m.aside, own.OurFee
	if s.Facts, err = m.facts.Plus(ledger.Facts{Paid: -own.Paid, Refunded: -own.Refunded, OurFee: -own.OurFee, ProviderFee: -own.ProviderFee}); err != nil {
		return s, err
	}
	s.Earned, err = plus(m.balances[ledger.Payable], -m.aside)
	return s, err
}

// add sums two of them.
func (m *moved) add(o moved) (err error) {
	m.count += o.count
	if m.facts, err = m.facts.Plus(o.facts); err != nil {
		return err
	}
	if m.own, err = m.own.Plus(o.own); err != nil {
		return err
	}
	if m.aside, err = plus(m.aside, o.aside); err != nil {
		return err
	}
	if m.balances == nil {
		m.balances = ledger.Balances{}
	}
	return m.balances.Add(o.balances)
}

// sums gives the attributes of m under a prefix; what is zero is left out.
func (m moved) sums(prefix string) map[string]int64 {
	all := map[string]int64{
		entriesCode: m.count, paidCode: m.facts.Paid, refundedCode: m.facts.Refunded, ourFeeCode: m.facts.OurFee, bankFeeCode: m.facts.ProviderFee,
		ownPaidCode: m.own.Paid, ownRefundedCode: m.own.Refunded, ownFeeCode: m.own.OurFee, asideCode: m.aside,
	}
	for account, amount := range m.balances {
		all[accountCode(account)] = amount
	}
	named := make(map[string]int64, len(all))
	for code, amount := range all {
		if amount != 0 {
			named[prefix+code] = amount
		}
	}
	return named
}

// shard is a row of a book as it was read.
type shard struct {
	n     int
	open  ledger.Day
	count int64
	last  time.Time
	held  ledger.Balances                 // before all days below
	days  map[ledger.Day]moved            // days that are not added to held, the open one among them
	codes map[ledger.Day]map[string]int64 // the same as it stands in the row
}

func readShard(b ledger.Book, row table.Row) (s shard, err error) {
	if _, err := fmt.Sscanf(row.Key.SK, shardsSK+"%02d", &s.n); err != nil || s.n < 0 || s.n >= Shards || row.Key != shardKey(b, s.n) {
		return s, fmt.Errorf("store: the row %s is no shard of its book", row.Key)
	}
	open, count, last := row.Attrs[openAttr], row.Attrs[countAttr], row.Attrs[lastAttr]
	s.open = ledger.Day(open.Text())
	if !s.open.Valid() || fields.Like(count, table.N(0)) != nil || fields.Like(last, table.N(0)) != nil {
		return s, fmt.Errorf("store: the shard %s cannot be read", row.Key)
	}
	s.count, s.last = count.Number(), time.UnixMilli(last.Number()).UTC()
	s.held, s.days, s.codes = ledger.Balances{}, map[ledger.Day]moved{}, map[ledger.Day]map[string]int64{}
	for name, v := range row.Attrs {
		day, code, isSum := splitSum(name)
		if !isSum {
			continue
		}
		if err := fields.Like(v, table.N(0)); err != nil {
			return s, fmt.Errorf("store: the sum %s of %s cannot be read: %w", name, row.Key, err)
		}
		s.take(day, code, v.Number())
	}
	return s, nil
}

// take notes one sum.
func (s *shard) take(day ledger.Day, code string, amount int64) {
	if day == "" {
		if amount != 0 {
			s.held[accountOf(code)] = amount
		}
		return
	}
	m, known := s.days[day]
	if !known {
		m.balances, s.codes[day] = ledger.Balances{}, map[string]int64{}
	}
	s.codes[day][code] = amount
	switch code {
	case entriesCode:
		m.count = amount
	case paidCode:
		m.facts.Paid = amount
	case refundedCode:
		m.facts.Refunded = amount
	case ourFeeCode:
		m.facts.OurFee = amount
	case bankFeeCode:
		m.facts.ProviderFee = amount
	case ownPaidCode:
		m.own.Paid = amount
	case ownRefundedCode:
		m.own.Refunded = amount
	case ownFeeCode:
		m.own.OurFee = amount
	case asideCode:
		m.aside = amount
	default:
		if amount != 0 && !counts(code) {
			m.balances[accountOf(code)] = amount
		}
	}
	s.days[day] = m
}

// lastOf is the number of the shard's last entry when a day ended.
func (s shard) lastOf(day ledger.Day) int64 {
	last := s.count
	for later, m := range s.days {
		if later > day {
			last -= m.count
		}
	}
	return last
}

// counts reports the code of a sum that is no account's.
func counts(code string) bool { return strings.HasPrefix(code, "x") }

// shards are a book's rows, all read in one query.
type shards []shard

// open is the open day; "" for a book that nobody has written to.
func (all shards) open() ledger.Day {
	if len(all) == 0 {
		return ""
	}
	return all[0].open
}

// unfolded lists the days before the open one of which the sums still stand in the shards, oldest first.
func (all shards) unfolded() []ledger.Day {
	seen := map[ledger.Day]bool{}
	for _, s := range all {
		for day := range s.days {
			if day < s.open {
				seen[day] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// of sums what a day moved, over all shards.
func (all shards) of(day ledger.Day) (sum moved, err error) {
	sum.balances = ledger.Balances{}
	for _, s := range all {
		if m, there := s.days[day]; there {
			if err := sum.add(m); err != nil {
				return sum, err
			}
		}
	}
	return sum, nil
}

// before sums what every account held before a day.
func (all shards) before(day ledger.Day) (ledger.Balances, error) {
	sum := ledger.Balances{}
	for _, s := range all {
		if err := sum.Add(s.held); err != nil {
			return nil, err
		}
		for d, m := range s.days {
			if day != "" && d >= day {
				continue
			}
			if err := sum.Add(m.balances); err != nil {
				return nil, err
			}
		}
	}
	return sum, nil
}
