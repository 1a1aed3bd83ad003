package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"giberno.ru/shared/platform/table"
)

// frozen is a table that can be stopped in time: from then on writes succeed and change nothing, and a read gives what it
// gave the first time. So the same notice is applied anew at every call, and no engine's time is measured.
type frozen struct {
	table.Table
	on    atomic.Bool
	reads sync.Map // key of the question → remembered
}

type remembered struct {
	row  table.Row
	ok   bool
	rows []table.Row
	page table.Page
}

func (f *frozen) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	r, err := f.remember("get "+key.PK+key.SK, func() (r remembered, err error) {
		r.row, r.ok, err = f.Table.Get(ctx, key)
		return r, err
	})
	return r.row, r.ok, err
}

func (f *frozen) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	r, err := f.remember(fmt.Sprint("many ", keys), func() (r remembered, err error) {
		r.rows, err = f.Table.GetMany(ctx, keys)
		return r, err
	})
	return r.rows, err
}

func (f *frozen) Query(ctx context.Context, q table.Query) (table.Page, error) {
	r, err := f.remember("query "+q.PK+q.Prefix, func() (r remembered, err error) {
		r.page, err = f.Table.Query(ctx, q)
		return r, err
	})
	return r.page, err
}

func (f *frozen) Write(ctx context.Context, actions ...table.Action) error {
	if f.on.Load() {
		return nil
	}
	return f.Table.Write(ctx, actions...)
}

func (f *frozen) remember(question string, ask func() (remembered, error)) (remembered, error) {
	if !f.on.Load() {
		return ask()
	}
	if r, ok := f.reads.Load(question); ok {
		return r.(remembered), nil
	}
	r, err := ask()
	if err == nil {
		f.reads.Store(question, r)
	}
	return r, err
}
