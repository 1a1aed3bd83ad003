package store

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/table"
)

// CreatePartner writes a new partner. Where the same key and body made him before, replay is the first answer.
func (s *Store) CreatePartner(ctx context.Context, p identity.Partner, once Once) (replay []byte, err error) {
	r, err := row(partnerKey(p.ID), p, 1)
	if err != nil {
		return nil, err
	}
	r.First = listed(partnersPK, p.CreatedAt, p.ID.String())
	r.Attrs["live"] = table.Flag(p.Live)
	once.onto(r.Attrs)
	err = s.table.Write(ctx, table.Put(r).If(table.Absent))
	if old, ok := table.OldOf(err, 0); ok {
		return once.replay(old)
	}
	return nil, known(err)
}

// Partner reads a partner, up to a minute old. It fails with ErrPartnerNotFound.
func (s *Store) Partner(ctx context.Context, id ids.ID) (identity.Partner, error) {
	p, _, err := s.partners.Get(id, func() (identity.Partner, error) { return s.PartnerNow(ctx, id) })
	return p, err
}

// PartnerNow reads a partner as he is now.
func (s *Store) PartnerNow(ctx context.Context, id ids.ID) (identity.Partner, error) {
	r, ok, err := s.table.Get(ctx, partnerKey(id))
	if err != nil {
		return identity.Partner{}, known(err)
	}
	if !ok {
		return identity.Partner{}, ErrPartnerNotFound
	}
	return partnerOf(r)
}

func partnerOf(r table.Row) (p identity.Partner, err error) {
	err = read(r, &p)
	p.Version = r.Attrs["ver"].Number()
	return p, err
}

// ChangePartner writes a changed partner whose Version is the one that was read; ErrChangedMeanwhile when it is not any more.
func (s *Store) ChangePartner(ctx context.Context, p identity.Partner) (identity.Partner, error) {
	r, err := row(partnerKey(p.ID), p, p.Version+1)
	if err != nil {
		return p, err
	}
	err = s.table.Write(ctx, table.Update(r.Key).SetAll(r.Attrs).Set("live", table.Flag(p.Live)).If(table.Version(p.Version)))
	if table.IsRefused(err) {
		return p, ErrChangedMeanwhile
	}
	if err != nil {
		return p, known(err)
	}
	s.partners.Forget()
	p.Version++
	return p, nil
}

// Partners lists partners, newest first. after and next are positions of page.Signer.
func (s *Store) Partners(ctx context.Context, limit int, after string) (list []identity.Partner, next string, err error) {
	rows, next, err := s.listPage(ctx, partnersPK, limit, after)
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		p, err := partnerOf(r)
		if err != nil {
			return nil, "", err
		}
		list = append(list, p)
	}
	return list, next, nil
}
