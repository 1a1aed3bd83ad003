package stamped

import (
	"context"
	"errors"
	"fmt"

	"giberno.ru/shared/platform/table"
)

const idBytes = 12

// attempt is one write of a store, made ready to be sent more than once.
type attempt struct {
	actions  []table.Action
	id       table.Value // absent if nothing is stamped
	stamped  []table.Key
	harmless bool // a second application changes nothing or is impossible
	pure     bool // checks only
}

// Write carries out all actions or none, and sends them again where that is safe.
func (t *Table) Write(ctx context.Context, actions ...table.Action) error {
	a, err := t.prepare(actions)
	if err != nil {
		return err
	}
	lost := false // an answer was lost: the write may have happened
	for n := 1; ; n++ {
		err := t.inner.Write(ctx, a.actions...)
		switch {
		case err == nil:
			return nil
		case table.IsRefused(err):
			return a.judge(err, lost)
		case !errors.Is(err, table.ErrUnavailable):
			return err
		}
		if !errors.Is(err, table.ErrConflict) && !errors.Is(err, table.ErrThrottled) {
			lost = true
		}
		if lost && !a.harmless {
			return t.readBack(ctx, a, err)
		}
		if n >= t.tries || t.pause(ctx, n) != nil {
			return unknown(err, lost)
		}
	}
}

// unknown keeps the promise of ErrConflict and ErrThrottled that nothing happened: after a lost answer they say too little.
func unknown(err error, lost bool) error {
	if lost && (errors.Is(err, table.ErrConflict) || errors.Is(err, table.ErrThrottled)) {
		return fmt.Errorf("%w: after a lost answer: %s", table.ErrUnavailable, err.Error())
	}
	return err
}

// prepare stamps every put and update of a write that has a condition or an addition anywhere.
func (t *Table) prepare(actions []table.Action) (attempt, error) {
	a := attempt{actions: actions, harmless: true, pure: true}
	stamp, adds, locked := false, false, false
	for _, one := range actions {
		if err := ownName(one); err != nil {
			return attempt{}, err
		}
		p := one.Parts()
		stamp = stamp || one.Conditional() || len(p.Add) > 0
		adds = adds || len(p.Add) > 0
		locked = locked || selfLocking(p)
		a.pure = a.pure && p.Op == table.CheckOp
	}
	a.harmless = !adds || locked
	if !stamp || a.pure {
		return a, nil
	}
	raw, err := t.random(idBytes)
	if err != nil {
		return attempt{}, err
	}
	id := table.B(raw)
	a.actions = make([]table.Action, len(actions))
	for i, one := range actions {
		a.actions[i] = one.Stamped(id)
		if one.Op() == table.PutOp || one.Op() == table.UpdateOp {
			a.stamped = append(a.stamped, one.Key())
		}
	}
	if len(a.stamped) > 0 {
		a.id = id
	}
	return a, nil
}

func ownName(a table.Action) (err error) {
	a.Names(func(name string) {
		if name == table.WriterAttr {
			err = fmt.Errorf("%w: the attribute %q belongs to the table (on %s)", table.ErrLimit, name, a.Key())
		}
	})
	return err
}

// selfLocking reports whether a condition of the action stops holding by the action itself, so that the same write
// cannot pass twice unless somebody turns the row back: a row is not made twice, a version is not left twice.
func selfLocking(p table.Parts) bool {
	if p.Op != table.PutOp && p.Op != table.UpdateOp {
		return false
	}
	for _, c := range p.Conds {
		written, set := p.Set[c.Name]
		if p.Op == table.PutOp {
			written, set = p.Row.Attrs[c.Name], true
		}
		switch c.Op {
		case table.RowAbsent:
			return true
		case table.AttrMissing:
			if p.Add[c.Name] != 0 || set && !written.IsAbsent() {
				return true
			}
		case table.AttrEquals:
			if p.Add[c.Name] != 0 || set && written != c.Value {
				return true
			}
		}
	}
	return false
}

// judge turns a refusal into the answer of the write.
func (a attempt) judge(err error, lost bool) error {
	var refused *table.Refused
	errors.As(err, &refused)
	for _, reason := range refused.Reasons {
		if reason.Failed && reason.Exists && a.isOurs(reason.Old) {
			return nil
		}
	}
	if lost && !a.pure {
		return fmt.Errorf("%w: refused after a lost answer", table.ErrUnavailable)
	}
	told := &table.Refused{Reasons: make([]table.Reason, len(refused.Reasons))}
	for i, reason := range refused.Reasons {
		reason.Old = plain(reason.Old)
		told.Reasons[i] = reason
	}
	return told
}

func (a attempt) isOurs(row table.Row) bool {
	return !a.id.IsAbsent() && row.Attrs[table.WriterAttr] == a.id
}

// readBack looks whether a write that must not be sent again has happened.
func (t *Table) readBack(ctx context.Context, a attempt, err error) error {
	for first := 0; first < len(a.stamped); first += table.MaxKeys {
		var rows []table.Row
		failed := t.again(ctx, func() (err error) {
			rows, err = t.inner.GetMany(ctx, a.stamped[first:min(first+table.MaxKeys, len(a.stamped))])
			return err
		})
		if failed != nil {
			return err
		}
		for _, row := range rows {
			if a.isOurs(row) {
				return nil
			}
		}
	}
	return err
}
