package banks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
)

// Limits are what a Bank allows itself. Zero values mean the defaults.
type Limits struct {
	OpenTimeout time.Duration // of Open: 20 s, for the payer is waiting
	CallTimeout time.Duration // of every other call: 10 s
	InFlight    int           // calls at once per account: 64; one more is Unavailable and is not made
}

// The limits that apply where Limits name none.
const (
	DefaultOpenTimeout = 20 * time.Second
	DefaultCallTimeout = 10 * time.Second
	DefaultInFlight    = 64
)

// maxNotification bounds what Verify and Names look at.
const maxNotification = 256 << 10

// ErrNotSupported is the fault of a power that the bank does not have.
var ErrNotSupported = fault.Conflict("operation_not_supported", "This provider cannot do that.")

// Bank is a driver with everything that must be done once for all banks: limits, time-outs, checking of what goes out
// and of what comes in, masking, translation of errors, one log line per call. Its errors are *Error, faults
// (ErrNotSupported) and, from Names and Verify, ErrForged and ErrMalformed.
type Bank struct {
	driver Driver
	limits Limits
	clock  clock.Clock
	log    *slog.Logger

	mu     sync.Mutex
	flying map[ids.ID]int
}

// New wraps a driver. It logs to slog.Default and uses the machine's clock unless told otherwise by Using.
func New(driver Driver, limits Limits) *Bank {
	if limits.OpenTimeout <= 0 {
		limits.OpenTimeout = DefaultOpenTimeout
	}
	if limits.CallTimeout <= 0 {
		limits.CallTimeout = DefaultCallTimeout
	}
	if limits.InFlight <= 0 {
		limits.InFlight = DefaultInFlight
	}
	return &Bank{driver: driver, limits: limits, clock: clock.System{}, flying: map[ids.ID]int{}}
}

// Using sets the clock and the log and gives the Bank back. Call it before the first use; nil leaves what was there.
func (b *Bank) Using(c clock.Clock, log *slog.Logger) *Bank {
	if c != nil {
		b.clock = c
	}
	if log != nil {
		b.log = log
	}
	return b
}

// CanCancel reports whether the bank can cancel or release.
func (b *Bank) CanCancel() bool { _, ok := b.driver.(Canceller); return ok }

// CanCapture reports whether the bank can take a held amount.
func (b *Bank) CanCapture() bool { _, ok := b.driver.(Capturer); return ok }

// PageOrigins are the origins of the bank's payment pages for an account: the bank's own, that of the account's address,
// where a sandbox or a simulator lives, and those of its option page_origins (separated by spaces).
func (b *Bank) PageOrigins(a Account) []string {
	var origins []string
	if p, ok := b.driver.(Paged); ok {
		origins = p.PageOrigins()
	}
	for _, address := range append([]string{a.Address}, strings.Fields(a.Options["page_origins"])...) {
		if own := origin(address); own != "" {
			origins = append(origins, own)
		}
	}
	return distinct(origins)
}

// Open opens the bank's page for a charge. An *Error of class Unknown leaves open whether the bank made the payment, but
// nobody has its address, so nobody can pay it.
func (b *Bank) Open(ctx context.Context, a Account, c Charge) (Opened, error) {
	var opened Opened
	err := b.call(ctx, a, "open", c.Reference, b.limits.OpenTimeout, func(ctx context.Context) error {
		if err := checkCharge(c, b.clock.Now()); err != nil {
			return err
		}
		var err error
		if opened, err = b.driver.Open(ctx, a, c); err == nil {
			err = checkOpened(opened)
		}
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return opened, nil
}

// Ask asks for the truth about a payment. An *Error of class NotFound says that the bank does not know it.
func (b *Bank) Ask(ctx context.Context, a Account, r Ref) (News, error) {
	return b.news(ctx, a, "ask", r, func(ctx context.Context) (News, error) { return b.driver.Ask(ctx, a, r) })
}

// Cancel cancels an unpaid payment or releases a hold; a bank that cannot is ErrNotSupported. The caller reads the status
// of the answer: Refunded or Reversed says that the payment had been paid or held.
func (b *Bank) Cancel(ctx context.Context, a Account, r Ref) (News, error) {
	canceller, ok := b.driver.(Canceller)
	if !ok {
		return News{}, ErrNotSupported
	}
	return b.news(ctx, a, "cancel", r, func(ctx context.Context) (News, error) { return canceller.Cancel(ctx, a, r) })
}

// Capture takes a held amount, whole or in part; a bank that cannot is ErrNotSupported. receipt is nil where the bank
// makes none.
func (b *Bank) Capture(ctx context.Context, a Account, r Ref, amount money.Money, receipt *receipts.Document) (News, error) {
	capturer, ok := b.driver.(Capturer)
	if !ok {
		return News{}, ErrNotSupported
	}
	return b.news(ctx, a, "capture", r, func(ctx context.Context) (News, error) {
		if err := checkCapture(r, amount); err != nil {
			return News{}, err
		}
		return capturer.Capture(ctx, a, r, amount, receipt)
	})
}

func (b *Bank) news(ctx context.Context, a Account, name string, r Ref, do func(context.Context) (News, error)) (News, error) {
	var news News
	err := b.call(ctx, a, name, r.Reference, b.limits.CallTimeout, func(ctx context.Context) error {
		if err := checkRef(r); err != nil {
			return err
		}
		told, err := do(ctx)
		if err != nil {
			return err
		}
		news = clean(told)
		return checkNews(r, told)
	})
	if err != nil {
		return News{}, err
	}
	return news, nil
}

// call does what all calls have in common. A panic passes through it and leaves the place in flight free again.
func (b *Bank) call(ctx context.Context, a Account, name, reference string, limit time.Duration, do func(context.Context) error) error {
	if !b.enter(a.ID) {
		err := &Error{Class: Unavailable, Cause: errors.New("too many calls in flight for this account")}
		b.record(ctx, a, name, reference, 0, err)
		return err
	}
	defer b.leave(a.ID)
	start := b.clock.Now()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := do(limited)
	translated := translate(err)
	b.record(ctx, a, name, reference, b.clock.Now().Sub(start), translated)
	if translated == nil {
		return nil
	}
	return translated
}

func (b *Bank) enter(account ids.ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.flying[account] >= b.limits.InFlight {
		return false
	}
	b.flying[account]++
	return true
}

func (b *Bank) leave(account ids.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.flying[account]--; b.flying[account] == 0 {
		delete(b.flying, account)
	}
}

// translate makes every error an *Error: a transport's error is Unavailable where surely nothing was sent, and Unknown
// otherwise. What a driver has already judged stays as it is, its texts made fit to be shown.
func translate(err error) *Error {
	if err == nil {
		return nil
	}
	var judged *Error
	switch {
	case errors.As(err, &judged):
		shown := *judged
		shown.Code = cleanCode(shown.Code)
		shown.Decline.Message = cleanText(shown.Decline.Message)
		return &shown
	case outbound.NotSent(err):
		return &Error{Class: Unavailable, Cause: err}
	}
	return &Error{Class: Unknown, Cause: err}
}

// record writes the one line of a call. It names no amount, no contact and no secret.
func (b *Bank) record(ctx context.Context, a Account, name, reference string, took time.Duration, err *Error) {
	level, fields := slog.LevelInfo, make([]slog.Attr, 0, 8)
	fields = append(fields, slog.String("provider", a.Provider), slog.String("call", name),
		slog.String("account", a.ID.String()), slog.String("reference", loggable(reference)))
	if err == nil {
		fields = append(fields, slog.String("class", "ok"))
	} else {
		level = slog.LevelWarn
		fields = append(fields, slog.String("class", err.Class.String()), slog.String("bank_code", err.Code))
		if err.Cause != nil {
			fields = append(fields, slog.String("cause", cleanText(err.Cause.Error())))
		}
	}
	fields = append(fields, slog.Int64("ms", took.Milliseconds()))
	b.logger().LogAttrs(ctx, level, "bank call", fields...)
}

func (b *Bank) logger() *slog.Logger {
	if b.log != nil {
		return b.log
	}
	return slog.Default()
}

// Names reads, without believing it, which terminal a notification claims to come from.
func (b *Bank) Names(raw []byte, header http.Header) (terminal string, err error) {
	if len(raw) > maxNotification {
		return "", fmt.Errorf("%w: too long", ErrMalformed)
	}
	return b.driver.Names(raw, header)
}

// Verify checks a notification with the account it names, over the raw bytes as received, and reads it: ErrForged for a
// wrong signature, ErrMalformed for a body that is no notification.
func (b *Bank) Verify(a Account, raw []byte, header http.Header) (Notice, error) {
	notice, err := b.verify(a, raw, header)
	level, class := slog.LevelInfo, "ok"
	switch {
	case errors.Is(err, ErrForged):
		level, class = slog.LevelWarn, "forged"
	case err != nil:
		level, class = slog.LevelWarn, "malformed"
	}
	b.logger().LogAttrs(context.Background(), level, "bank call", slog.String("provider", a.Provider), slog.String("call", "verify"),
		slog.String("account", a.ID.String()), slog.String("reference", loggable(notice.News.Reference)),
		slog.String("class", class), slog.String("word", notice.News.Word))
	return notice, err
}

func (b *Bank) verify(a Account, raw []byte, header http.Header) (Notice, error) {
	if len(raw) > maxNotification {
		return Notice{}, fmt.Errorf("%w: too long", ErrMalformed)
	}
	notice, err := b.driver.Verify(a, raw, header)
	if err != nil {
		return Notice{}, err
	}
	if notice.Terminal != a.Terminal {
		return Notice{}, ErrForged
	}
	notice.News = clean(notice.News)
	return notice, nil
}

// Answer is the exact body that tells the bank that its notification is durable, with its content type.
func (b *Bank) Answer() (contentType string, body []byte) { return b.driver.Answer() }
