package store

import (
	"context"
	"encoding/hex"
	"io"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// LaneName names a lane.
type LaneName struct {
	Mode     ids.Mode
	Endpoint ids.ID
	N        int
}

// Lanes reads lanes by their names; those that are not there are left out. One round trip for up to 100.
func (s *Store) Lanes(ctx context.Context, names ...LaneName) (map[LaneName]notify.Lane, error) {
	keys := make([]table.Key, len(names))
	for i, n := range names {
		keys[i] = laneKey(n.Mode, n.Endpoint, n.N)
	}
	rows, err := s.table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	lanes := make(map[LaneName]notify.Lane, len(rows))
	for _, row := range rows {
		l, err := readLane(row)
		if err != nil {
			return nil, err
		}
		lanes[LaneName{l.Mode, l.Endpoint, l.N}] = l
	}
	return lanes, nil
}

// Claim is a lane that somebody holds until its lease ends.
type Claim struct {
	LaneName
	Until  time.Time
	holder string
}

const holderBytes = 12

// Claim takes a lane that is awake and that nobody holds, for notify.LeaseTime. It fails with ErrBusy and ErrNoLane. One round
// trip.
func (s *Store) Claim(ctx context.Context, n LaneName) (Claim, error) {
	name := make([]byte, holderBytes)
	if _, err := io.ReadFull(s.random, name); err != nil {
		return Claim{}, fault.Internal(err)
	}
	now := s.now()
	c := Claim{LaneName: n, Until: now.Add(notify.LeaseTime), holder: hex.EncodeToString(name)}
	err := s.table.Write(ctx, table.Update(laneKey(n.Mode, n.Endpoint, n.N)).
		If(table.Exists, table.AtMost(leaseAttr, now.UnixMilli()), table.AtMost(wakeAttr, now.UnixMilli())).
		Set(leaseAttr, table.N(c.Until.UnixMilli())).Set(holderAttr, table.S(c.holder)))
	if !table.IsRefused(err) {
		return c, err
	}
	if _, there := table.OldOf(err, 0); there {
		return c, ErrBusy
	}
	return c, ErrNoLane
}

// Release gives a lane back with its health. A lane that is no longer held under this claim stays as it is. One round trip.
func (s *Store) Release(ctx context.Context, c Claim, l notify.Lane) error {
	err := s.table.Write(ctx, table.Update(laneKey(c.Mode, c.Endpoint, c.N)).If(table.Equals(holderAttr, table.S(c.holder))).
		SetAll(healthOf(l)).Set(leaseAttr, table.N(0)).Remove(holderAttr))
	if table.IsRefused(err) {
		return nil
	}
	return err
}

func healthOf(l notify.Lane) table.Attrs { return fields.Attrs(healthFields, &l) }

// Held is what the holder of a lane needs to know.
type Held struct {
	Lane     notify.Lane
	Endpoint notify.Endpoint
	Named    []Parcel // the event that was asked for, if it is there
}

// Look reads what a claim holds, and one event on its way there (the zero id: none). It fails with ErrBusy where the claim has
// ended, and with ErrNoLane where the endpoint was deleted. One round trip.
func (s *Store) Look(ctx context.Context, c Claim, partner, event ids.ID) (h Held, err error) {
	lane, endpoint := laneKey(c.Mode, c.Endpoint, c.N), endpointKey(c.Mode, partner, c.Endpoint)
	keys := []table.Key{lane, endpoint}
	var named []ids.ID
	if !event.IsZero() {
		named = []ids.ID{event}
		keys = append(keys, eventKey(c.Mode, event), deliveryKey(c.Mode, event, c.Endpoint))
	}
	rows, err := s.byKey(ctx, keys)
	if err != nil {
		return h, err
	}
	if _, there := rows[lane]; !there {
		return h, ErrNoLane
	}
	if h.Lane, err = readLane(rows[lane]); err != nil {
		return h, err
	}
	if h.Lane.Holder != c.holder {
		return h, ErrBusy
	}
	if _, there := rows[endpoint]; !there { // deleted since
		return h, ErrNoLane
	}
	if h.Endpoint, err = readEndpoint(rows[endpoint]); err != nil {
		return h, err
	}
	h.Named = parcels(rows, c.Mode, c.Endpoint, named)
	return h, nil
}

func (s *Store) byKey(ctx context.Context, keys []table.Key) (map[table.Key]table.Row, error) {
	rows, err := s.table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := make(map[table.Key]table.Row, len(rows))
	for _, row := range rows {
		found[row.Key] = row
	}
	return found, nil
}
