package memory

import (
	"context"
	"slices"

	"giberno.ru/shared/platform/table"
)

// planned is one row's change, decided and not yet written.
type planned struct {
	key             table.Key
	old, is         table.Row
	exists, present bool
}

// Write carries out all actions or none.
func (t *Table) Write(ctx context.Context, actions ...table.Action) error {
	if err := table.Validate(actions); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	plan, err := t.decide(actions)
	if err != nil {
		return err
	}
	changed := false
	for _, p := range plan {
		if p.exists == p.present && (!p.present || p.old.Equal(p.is)) {
			continue
		}
		changed = true
		t.put(p)
	}
	if changed {
		close(t.wake)
		t.wake = make(chan struct{})
	}
	return nil
}

// decide asks all conditions of the state before the write and computes the rows after it.
func (t *Table) decide(actions []table.Action) ([]planned, error) {
	plan := make([]planned, len(actions))
	var refused *table.Refused
	for i, a := range actions {
		old, exists := t.rows[a.Key()]
		plan[i] = planned{key: a.Key(), old: old, exists: exists}
		if !a.Holds(old, exists) {
			if refused == nil {
				refused = &table.Refused{Reasons: make([]table.Reason, len(actions))}
			}
			refused.Reasons[i] = table.Reason{Failed: true, Old: copied(old), Exists: exists}
		}
	}
	if refused != nil {
		return nil, refused
	}
	for i, a := range actions {
		is, present, err := a.Apply(plan[i].old, plan[i].exists)
		if err != nil {
			return nil, err
		}
		plan[i].is, plan[i].present = copied(is), present
	}
	return plan, nil
}

// put writes a row, its places and its change.
func (t *Table) put(p planned) {
	for i := range t.spans {
		index := table.Index(i)
		was, is := p.old.Place(index), p.is.Place(index)
		if !p.exists {
			was = table.Key{}
		}
		if !p.present {
			is = table.Key{}
		}
		if was == is {
			continue
		}
		t.move(index, p.key, was, is)
	}
	if p.present {
		t.rows[p.key] = p.is
	} else {
		delete(t.rows, p.key)
	}
	t.seq++
	t.changes = append(t.changes, table.Change{Seq: t.seq, Old: p.old, New: p.is, OldExists: p.exists, NewExists: p.present})
}

func (t *Table) move(index table.Index, key, was, is table.Key) {
	span := t.spans[index]
	if !was.IsZero() {
		i, found := slices.BinarySearchFunc(span[was.PK], entry{was.SK, key}, entry.compare)
		if found {
			span[was.PK] = slices.Delete(span[was.PK], i, i+1)
		}
		if len(span[was.PK]) == 0 {
			delete(span, was.PK)
		}
	}
	if !is.IsZero() {
		e := entry{is.SK, key}
		i, _ := slices.BinarySearchFunc(span[is.PK], e, entry.compare)
		span[is.PK] = slices.Insert(span[is.PK], i, e)
	}
}

// Changes gives up to limit of the oldest changes that are not done yet.
func (t *Table) Changes(ctx context.Context, limit int) ([]table.Change, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var changes []table.Change
	for _, c := range t.changes[:min(limit, len(t.changes))] {
		c.Old, c.New = copied(c.Old), copied(c.New)
		changes = append(changes, c)
	}
	return changes, nil
}

// Done forgets all changes up to and including seq.
func (t *Table) Done(ctx context.Context, seq uint64) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i, found := slices.BinarySearchFunc(t.changes, seq, func(c table.Change, seq uint64) int { return int(int64(c.Seq) - int64(seq)) })
	if found {
		i++
	}
	t.changes = slices.Clone(t.changes[i:])
	return nil
}

// Wait returns at once while there are changes that are not done, else after the next write, or when ctx ends.
func (t *Table) Wait(ctx context.Context) {
	t.mu.Lock()
	left, next := len(t.changes) > 0, t.wake
	t.mu.Unlock()
	if left {
		return
	}
	select {
	case <-next:
	case <-ctx.Done():
	}
}
