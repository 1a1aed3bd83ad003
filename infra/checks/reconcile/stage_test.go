package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/web"
)

var (
	zone    = time.FixedZone("MSK", 3*3600)
	day     = time.Date(2026, 11, 21, 0, 0, 0, 0, zone)
	account = ids.FromParts("account")
	terms   = ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250, Returned: true}, Theirs: ledger.Fee{BP: 190, Fixed: 100, Returned: true}}
)

const operator = "gb_ops_anna"

type guard struct{}

func (guard) Authenticate(_ context.Context, secret string) (web.Caller, error) {
	if secret != operator {
		return web.Caller{}, web.ErrInvalidToken
	}
	return web.Caller{Kind: web.Operator, Person: ids.FromParts("anna"), TokenID: "anna", Scopes: []string{web.EveryScope}}, nil
}

// stage is a ledger of five partners with the reconciler's door before it.
type stage struct {
	http.Handler
	t        testing.TB
	store    *store.Store
	poster   *store.Poster
	engine   *boltengine.Engine
	count    *counting.Table
	partners []ids.ID
	entries  []ledger.Entry
	alarms   int
}

func setup(t testing.TB) *stage {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	s := &stage{t: t, engine: engine, count: counting.New(limits.New(engine))}
	for n := range 5 {
		s.partners = append(s.partners, ids.FromParts("partner", fmt.Sprint(n)))
	}
	now := clock.At(day.Add(36 * time.Hour))
	s.store = store.New(stamped.New(s.count, stamped.Options{}))
	s.poster = s.store.NewPoster(now, rand.NewChaCha8([32]byte{1}))
	service := &api.Service{Clock: now, Cursors: page.Signer{Key: []byte("the key of this test")}, Reconciler: &reconciling.Reconciler{
		Store: s.store, Clock: now, Folder: t.TempDir(),
		Partners: func(context.Context) iter.Seq2[ids.ID, error] {
			return func(yield func(ids.ID, error) bool) {
				for _, p := range s.partners {
					if !yield(p, nil) {
						return
					}
				}
			}
		},
		Account: func(context.Context, ids.Mode, ids.ID) (reconciling.Account, error) {
			return reconciling.Account{Provider: "tbank"}, nil
		},
		Post:  reconciling.PostWith(s.poster, func(context.Context, ids.ID) (*time.Location, error) { return zone, nil }),
		Raise: func(context.Context, ids.Mode, ids.ID, string) error { s.alarms++; return nil },
	}}
	s.Handler = web.NewServer(web.Options{Auth: guard{}, Clock: now, Rate: web.Rate{PerSecond: -1}}, service.Endpoints()...)
	return s
}

// generate makes a day of n operations, one in ten a refund of an earlier payment, and posts them.
func (s *stage) generate(n int, random *rand.Rand) {
	s.t.Helper()
	byBook := map[ledger.Book][]ledger.Entry{}
	var paid []ledger.Payment
	for i := range n {
		at := day.Add(time.Duration(i) * (23 * time.Hour) / time.Duration(n))
		var e ledger.Entry
		var err error
		if i > 0 && i%10 == 0 {
			p := paid[random.IntN(len(paid))]
			paid = without(paid, p.ID) // once each
			e, err = ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, 1), Amount: 1 + random.Int64N(p.Amount.Amount)}, at)
			e.Reference = ids.Reference(p.Mode, p.ID.Root(), 1)
		} else {
			order := ids.FromParts("order", fmt.Sprint(i))
			p := ledger.Payment{ID: order.Child(ids.Payment, 1), Mode: ids.Test, Partner: s.partners[random.IntN(len(s.partners))],
				Amount: money.Of(200+random.Int64N(5_000_000), money.RUB), Terms: terms}
			paid = append(paid, p)
			e, err = ledger.Paid(p, at)
			e.Reference = ids.Reference(p.Mode, order, 1)
		}
		require.NoError(s.t, err)
		s.entries = append(s.entries, e)
		byBook[e.Book] = append(byBook[e.Book], e)
	}
	for book, entries := range byBook {
		for _, err := range s.poster.Post(s.t.Context(), book, zone, entries) {
			require.NoError(s.t, err)
		}
	}
}

func without(list []ledger.Payment, id ids.ID) []ledger.Payment {
	for i, p := range list {
		if p.ID == id {
			list[i] = list[len(list)-1]
			return list[:len(list)-1]
		}
	}
	return list
}

const heading = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

func rouble(minor int64) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d,%02d", sign, minor/100, minor%100)
}

// lines are the entries as the bank's register tells them, in an order of its own.
func (s *stage) lines(random *rand.Rand) []string {
	all := make([]string, len(s.entries))
	for i, e := range s.entries {
		kind, amount := "Оплата", e.Facts.Paid
		if e.Kind == ledger.KindRefunded {
			kind, amount = "Возврат", e.Facts.Refunded
		}
		all[i] = strings.Join([]string{e.Reference, fmt.Sprint(7_000_000 + i), kind, "Успешно", rouble(amount), rouble(e.Facts.ProviderFee), "RUB",
			e.At.In(zone).Format("02.01.2006 15:04:05")}, ";") + "\n"
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

const query = "mode=test&from=2026-11-21&to=2026-11-22&grace_hours=0&account="

func (s *stage) do(method, path, media string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Authorization", "Bearer "+operator)
	r.Header.Set("Content-Type", media)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

func (s *stage) upload(register io.Reader) *httptest.ResponseRecorder {
	return s.do("POST", "/api/v1/admin/reconciliation?"+query+account.String(), "text/csv", register)
}

func (s *stage) run(register io.Reader) api.Reconciliation {
	s.t.Helper()
	return read[api.Reconciliation](s.t, s.upload(register))
}

func (s *stage) open() []api.Break {
	s.t.Helper()
	return read[page.List[api.Break]](s.t, s.do("GET", "/api/v1/admin/breaks?mode=test&limit=100", "", nil)).Items
}

func read[T any](t testing.TB, a *httptest.ResponseRecorder) (out T) {
	t.Helper()
	require.Equal(t, 200, a.Code, a.Body.String())
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &out))
	return out
}

// sound proves the ledger from its entries, and the breaks from their rows, and gives the sums over all partners.
func (s *stage) sound() ledger.Balances {
	s.t.Helper()
	changes, err := s.engine.Changes(s.t.Context(), 10_000_000)
	require.NoError(s.t, err)
	rows := map[table.Key]table.Row{}
	for _, c := range changes {
		rows[c.Key()] = c.New
	}
	books, breaks := store.NewAuditor(), store.NewReconciled()
	for _, row := range rows {
		breaks.Add(row)
		if !store.IsOfReconciliation(row.Key) {
			books.Add(row)
		}
	}
	audit := books.Done()
	require.Empty(s.t, audit.Breaches)
	require.Empty(s.t, breaks.Done())
	return audit.Sums[store.World{Mode: ids.Test, Currency: money.RUB}]
}
