package store

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	total   = money.Of(150_000, money.RUB)
)

// world is a store over a table that counts and keeps the limits of the real service.
type world struct {
	*Store
	t      *testing.T
	table  table.Table
	count  *counting.Table
	engine *boltengine.Engine
}

func setup(t *testing.T) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	count := counting.New(limits.New(engine))
	tbl := stamped.New(count, stamped.Options{})
	return &world{New(tbl), t, tbl, count, engine}
}

// order writes a new order; name makes it differ from others.
func (w *world) order(name string, created time.Time) payments.Whole {
	w.t.Helper()
	o, err := payments.NewOrder(payments.Draft{
		Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000, Subject: "service"}},
	}, ids.FromParts(name), ids.Test, partner, created)
	require.NoError(w.t, err)
	_, fresh, err := w.Create(w.t.Context(), o)
	require.NoError(w.t, err)
	require.True(w.t, fresh)
	return w.load(o.ID)
}

func (w *world) load(id ids.ID) payments.Whole {
	w.t.Helper()
	whole, err := w.Load(w.t.Context(), ids.Test, id)
	require.NoError(w.t, err)
	return whole
}

func (w *world) save(out payments.Outcome) payments.Whole {
	w.t.Helper()
	require.NoError(w.t, w.Save(w.t.Context(), out))
	got := w.load(out.After.Order.ID)
	require.Equal(w.t, out.After, got, "what was decided is what stands there")
	return got
}

// opened writes an order whose first attempt has the bank's page.
func (w *world) opened(name string) payments.Whole {
	w.t.Helper()
	out, _ := payments.Begin(w.order(name, start), banks.Card, payments.Through{Account: ids.FromParts("account"), Provider: "tbank", Fiscal: true},
		"", nil, start)
	got := w.save(out)
	return w.save(payments.Opened(got, 1, banks.Opened{BankID: "700", PageURL: "https://bank.example/1"}, start))
}

func (w *world) paid(name string) payments.Whole {
	w.t.Helper()
	return w.save(payments.Apply(w.opened(name), 1, banks.News{BankID: "700", Status: banks.Paid}, payments.Told, start))
}

// prepaid writes a paid order whose goods are still to be given.
func (w *world) prepaid(name string) payments.Whole {
	w.t.Helper()
	o, err := payments.NewOrder(payments.Draft{
		Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000, Subject: "service", Mode: "full_prepayment"}},
	}, ids.FromParts(name), ids.Test, partner, start)
	require.NoError(w.t, err)
	_, _, err = w.Create(w.t.Context(), o)
	require.NoError(w.t, err)
	out, _ := payments.Begin(w.load(o.ID), banks.Card, payments.Through{Account: ids.FromParts("account"), Provider: "tbank", Fiscal: true}, "", nil, start)
	whole := w.save(payments.Opened(w.save(out), 1, banks.Opened{BankID: "700", PageURL: "https://bank.example/1"}, start))
	return w.save(payments.Apply(whole, 1, banks.News{BankID: "700", Status: banks.Paid}, payments.Told, start))
}

// refund writes a refund of the first attempt and gives its number.
func (w *world) refund(whole payments.Whole, wish payments.RefundWish) (payments.Whole, int) {
	w.t.Helper()
	out, r, err := payments.BeginRefund(whole, 1, wish, start)
	require.NoError(w.t, err)
	return w.save(out), r.N
}

// fill gives every field of a structure, at every depth, a value that is not zero.
func fill(v reflect.Value, seed *int64) {
	*seed++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = start.Add(time.Duration(*seed) * time.Millisecond)
		return
	case *ids.ID:
		*x = ids.FromParts("id", string(rune('a'+*seed))).Child(ids.Payment, 1)
		return
	case *ids.Mode:
		*x = ids.Test
		return
	case *money.Currency:
		*x = money.KZT
		return
	case *payments.EventType:
		*x = payments.EventTypes[*seed%int64(len(payments.EventTypes))]
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), seed)
		}
	case reflect.String:
		v.SetString("text" + string(rune('a'+*seed%26)))
	case reflect.Int, reflect.Int64:
		v.SetInt(*seed)
	case reflect.Uint8:
		v.SetUint(uint64(*seed%255) + 1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), seed)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf("value"))
	default:
		panic("store: a field of a kind that this test does not know: " + v.Type().String())
	}
}

func filled[T any]() (row T) {
	seed := int64(0)
	fill(reflect.ValueOf(&row).Elem(), &seed)
	return row
}
