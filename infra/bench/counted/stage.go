// Package counted plays the roads of a payment over a table that counts what DynamoDB would bill, and holds what they cost
// against the budgets of the design: round trips and write units, of the table and of its indexes apart.
package counted

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/infra/world/memory"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	ledgerstore "giberno.ru/shared/ledger/store"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/web"
)

const (
	terminal = "CountedDEMO"
	password = "counted-password-1234"
	bankURL  = "http://bank.test/sim"
)

// start is a Monday, noon in Moscow.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// moscow is the zone of the partner's business day.
var moscow = time.FixedZone("MSK", 3*3600)

var quiet = slog.New(slog.DiscardHandler)

// stage is the module behind its door with the simulated bank, the ledger's worker and the sweeper, on a clock that stands
// still. What AWS does by itself happens when it is called for.
type stage struct {
	clock   *clock.Manual
	feed    *memory.Table
	queue   *memory.Queue
	count   *counting.Table
	bank    *simulator.Bank
	module  *wire.Module
	worker  queue.Worker // of the queue of retries
	ledger  *ledgerjobs.Worker
	door    http.Handler
	partner ids.ID
	token   string
	keys    int
	inbox   mailbox
}

// shop is the partner's server, which hears every event at once.
type shop struct{}

func (shop) Do(*http.Request) (outbound.Answer, error) {
	return outbound.Answer{Status: http.StatusNoContent}, nil
}

// mailbox keeps what the bank tells until it is passed on.
type mailbox struct {
	mu      sync.Mutex
	notices [][]byte
}

// RoundTrip takes a notice from the bank.
func (m *mailbox) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notices = append(m.notices, raw)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("OK")), Header: http.Header{}, Request: r}, nil
}

func (m *mailbox) take() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.notices
	m.notices = nil
	return taken
}

// line carries our calls to the bank.
type line struct{ bank http.RoundTripper }

// Do makes one call.
func (l line) Do(r *http.Request) (a outbound.Answer, err error) {
	answer, err := l.bank.RoundTrip(r)
	if err != nil {
		return a, err
	}
	defer answer.Body.Close()
	a.Status, a.Header = answer.StatusCode, answer.Header
	a.Body, err = io.ReadAll(answer.Body)
	return a, err
}

// random is a seeded source that many may draw from.
type random struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

// Read fills p.
func (r *random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from.Read(p)
}

// newStage furnishes a stage. fiscal: the bank's till makes the receipts; else nobody does.
func newStage(ctx context.Context, fiscal bool) (s *stage, err error) {
	s = &stage{clock: clock.At(start), feed: memory.NewTable()}
	dice := &random{from: rand.NewChaCha8([32]byte{1})}
	s.queue, s.count = memory.NewQueue(s.clock), counting.New(limits.New(s.feed))
	rows := stamped.New(s.count, stamped.Options{Rand: dice})
	keeper, err := newKeeper(dice)
	if err != nil {
		return nil, err
	}
	contracts := identitystore.New(rows, keeper, s.clock, dice)
	if s.bank, err = simulator.New(simulator.Config{
		Terminals: []simulator.Terminal{{Key: terminal, Password: password, NotificationURL: "http://us.test/a2c", Fiscal: fiscal}},
		Clock:     s.clock, Random: dice, BaseURL: bankURL, Deliver: &s.inbox, NoMagicAmounts: true, Log: quiet,
	}); err != nil {
		return nil, err
	}
	driver := banks.New(tbank.New(line{s.bank.Transport()}), banks.Limits{InFlight: 1000}).Using(s.clock, quiet)
	parts := wire.Parts{
		Table: rows, Queue: s.queue, Contracts: contracts, Events: notifystore.New(rows, keeper, s.clock, dice), Clock: s.clock, Random: dice, Log: quiet,
		Banks: banks.NewRegistry(map[string]*banks.Bank{tbank.Provider: driver}), BaseURL: "http://us.test", CursorKey: make([]byte, 32),
	}
	s.module = wire.New(parts)
	s.worker = deliveries.New(parts, shop{}).Beside(s.module.Worker.Do)
	s.ledger = &ledgerjobs.Worker{Poster: ledgerstore.New(rows).NewPoster(s.clock, dice), Log: quiet,
		Zones: func(context.Context, ids.ID) (*time.Location, error) { return moscow, nil }}
	s.door = web.NewServer(web.Options{Auth: contracts, Clock: s.clock, Random: dice, Log: quiet, Rate: web.Rate{PerSecond: -1}}, s.module.Service.Endpoints()...)
	if err = s.furnish(ctx, contracts, fiscal); err != nil {
		err = errors.Join(err, s.close())
	}
	return s, err
}

// newKeeper makes a keeper of secrets whose file is gone as soon as it was read.
func newKeeper(dice io.Reader) (*secret.Keeper, error) {
	dir, err := os.MkdirTemp("", "giberno-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	keys, err := secret.LoadKeyFile(filepath.Join(dir, "keys"), dice)
	if err != nil {
		return nil, err
	}
	return secret.NewKeeper(keys, dice), nil
}

func (s *stage) furnish(ctx context.Context, contracts *identitystore.Store, fiscal bool) error {
	s.partner = ids.FromParts("counted partner")
	if _, err := contracts.CreatePartner(ctx, identity.Partner{
		ID: s.partner, Name: "Школа «Понимаю»", LegalName: "ООО «Понимаю»", INN: "7707083893", Taxation: "usn_income",
		PaymentAddress: "https://school.example", Phone: "+74950000000", Country: "RU", TimeZone: "Europe/Moscow",
		SupportContact: "help@school.example", FeeBP: 250, CreatedAt: start,
	}, identitystore.Once{}); err != nil {
		return err
	}
	var err error
	if _, s.token, err = contracts.IssueToken(ctx, identitystore.Issue{
		Kind: identity.TestToken, Holder: s.partner, Name: "counted", Scopes: []string{"*"},
	}, ids.ID{}, identitystore.Once{}); err != nil {
		return err
	}
	_, err = contracts.CreateAccount(ctx, identity.Account{
		ID: ids.FromParts("counted account"), Provider: tbank.Provider, Mode: ids.Test, Terminal: terminal, Address: bankURL, Everyone: true,
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: fiscal, Taxation: "usn_income",
		Methods:   []identity.MethodTerms{{Code: banks.Card, On: true, FeeBP: 190}, {Code: banks.SBP, On: true, FeeBP: 70}},
		CreatedAt: start,
	}, password, identitystore.Once{})
	if err != nil {
		return err
	}
	_, _, err = s.module.Events.Create(ctx, notifystore.Wish{Mode: ids.Test, Partner: s.partner, URL: "https://shop.example/hooks"})
	return err
}

func (s *stage) close() error { return s.bank.Close() }

// orderBody is a usual order: two lines, one of them twice.
const orderBody = `{"project":"Школа «Понимаю»","email":"buyer@example.com","description":"Две консультации","external_id":"A-1047",` +
	`"items":[{"name":"Консультация психолога","price":{"amount":150000,"currency":"RUB"},"quantity":1,"vat":"none","payment_subject":"service","payment_mode":"full_prepayment"},` +
	`{"name":"Рабочая тетрадь","price":{"amount":49900,"currency":"RUB"},"quantity":2,"vat":"none","payment_subject":"commodity","payment_mode":"full_prepayment"}],` +
	`"return_url":"https://school.example/thanks"}`

// ask makes a request of the partner and reads the answer, which has to be good.
func (s *stage) ask(method, path, key, body string, into any) error {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	if w.Code >= 300 {
		return fmt.Errorf("counted: %s %s answers %d: %s", method, path, w.Code, w.Body)
	}
	return json.Unmarshal(w.Body.Bytes(), into)
}

func (s *stage) nextKey() string { s.keys++; return fmt.Sprint("key ", s.keys) }

func (s *stage) create(key string) (o api.Order, err error) {
	return o, s.ask("POST", "/api/v1/order", key, orderBody, &o)
}

// open makes an attempt to pay an order.
func (s *stage) open(o api.Order, by banks.Method) (p api.Payment, err error) {
	return p, s.ask("POST", "/api/v1/payment", s.nextKey(), fmt.Sprintf(`{"order_uuid":%q,"code":%q}`, o.UUID, by), &p)
}

// pay is what the payer does at the bank, and gives what the bank tells of it then.
func (s *stage) pay(ctx context.Context, p api.Payment) (notices [][]byte, err error) {
	whole, err := s.module.Store.Load(ctx, ids.Test, p.OrderUUID)
	if err != nil {
		return nil, err
	}
	attempt, _ := whole.Payment(p.UUID.N())
	if _, err := s.bank.Pay(ctx, attempt.BankID, simulator.Attempt{Method: string(attempt.Method), Outcome: "success"}); err != nil {
		return nil, err
	}
	return s.told(ctx)
}

// told is what the bank has to tell now.
func (s *stage) told(ctx context.Context) ([][]byte, error) {
	err := s.bank.Tick(ctx)
	return s.inbox.take(), err
}

// tell passes notices on to our door.
func (s *stage) tell(notices ...[]byte) error {
	for _, raw := range notices {
		r := httptest.NewRequest("POST", "/api/a2c/notifications", bytes.NewReader(raw))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if s.door.ServeHTTP(w, r); w.Body.String() != "OK" {
			return fmt.Errorf("counted: a notice is answered %d: %s", w.Code, w.Body)
		}
	}
	return nil
}

// relay sends the jobs that follow from the table's changes, as the stream's function does.
func (s *stage) relay(ctx context.Context) error {
	for {
		changes, err := s.feed.Changes(ctx, 1000)
		if err != nil || len(changes) == 0 {
			return err
		}
		var follow []queue.Job
		for _, c := range changes {
			for _, from := range deliveries.Follow {
				follow = append(follow, from(c)...)
			}
		}
		if _, err := queue.SendAll(ctx, s.queue, deliveries.QueueOf, follow...); err != nil {
			return err
		}
		if err := s.feed.Done(ctx, changes[len(changes)-1].Seq); err != nil {
			return err
		}
	}
}

// work does every job that waits in the queue of retries.
func (s *stage) work(ctx context.Context) error {
	for {
		got, err := s.queue.Receive(ctx, queue.WebhookRetries, queue.MaxBatch)
		if err != nil || len(got) == 0 {
			return err
		}
		outcomes := make([]queue.Outcome, len(got))
		for i, d := range got {
			if err := s.worker(ctx, d.Job); err != nil {
				return err
			}
			outcomes[i] = queue.Outcome{Delivery: d, Ending: queue.Finished}
		}
		if err := queue.Settle(ctx, s.queue, queue.WebhookRetries, outcomes); err != nil {
			return err
		}
	}
}

// sweep goes through all due keys once, and says how many were let go.
func (s *stage) sweep(ctx context.Context) (letGo int, err error) {
	for shard := range store.Shards {
		swept, err := s.module.Sweeper.Sweep(ctx, ids.Test, shard)
		if err != nil {
			return letGo, err
		}
		letGo += swept.LetGo
	}
	return letGo, nil
}

// spent counts what the table does meanwhile.
func (s *stage) spent(do func() error) (counting.Count, error) {
	s.count.Reset()
	err := do()
	return s.count.Snapshot().Total, err
}
