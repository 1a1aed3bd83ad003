package payments

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// Draft is an order as a partner asks for it.
type Draft struct {
	Project     string
	Email       string
	Items       []Item // without Amount
	ExternalID  string
	Description string
	Customer    Customer
	ReturnURL   string
	Locale      string
	Methods     []banks.Method
	Hold        bool
	ExpiresAt   time.Time // zero: a day from now
	Metadata    map[string]string
}

// NewOrder checks a draft and makes the order of it. Every wrong place is named; mixed currencies are currency_mixed.
func NewOrder(d Draft, id ids.ID, mode ids.Mode, partner ids.ID, now time.Time) (Order, error) {
	c := checks{}
	if d.ExpiresAt.IsZero() {
		d.ExpiresAt = now.Add(DefaultLife)
	}
	d.texts(&c)
	d.times(&c, now)
	d.address(&c, mode)
	d.choices(&c)
	total, items := d.lines(&c, now)
	if c.mixed {
		return Order{}, money.ErrMixed
	}
	if len(c.fields) > 0 {
		return Order{}, fault.Validation(c.fields...)
	}
	return Order{
		ID: id, Mode: mode, Partner: partner, Project: d.Project, Email: d.Email, Items: items, Total: total,
		ExternalID: d.ExternalID, Description: d.Description, Customer: d.Customer, ReturnURL: d.ReturnURL,
		Locale: d.Locale, Methods: d.Methods, Hold: d.Hold, ExpiresAt: d.ExpiresAt.UTC().Truncate(time.Millisecond),
		CreatedAt: now.UTC().Truncate(time.Millisecond), Metadata: d.Metadata,
		Due: d.ExpiresAt.UTC().Truncate(time.Millisecond).Add(time.Second),
	}, nil
}

type checks struct {
	fields []fault.Field
	mixed  bool
}

func (c *checks) wrong(location, message string, args ...any) {
	c.fields = append(c.fields, fault.Field{Location: "body." + location, Message: fmt.Sprintf(message, args...)})
}

func (c *checks) length(location, value string, least, most int) {
	if n := utf8.RuneCountInString(value); n < least || n > most {
		c.wrong(location, "must have %d to %d characters", least, most)
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		c.wrong(location, "must not have control characters")
	}
}

func (d Draft) texts(c *checks) {
	c.length("project", strings.TrimSpace(d.Project), 1, 128)
	c.length("external_id", d.ExternalID, 0, 64)
	c.length("description", d.Description, 0, 140)
	c.length("customer.id", d.Customer.ID, 0, 64)
	c.length("customer.name", d.Customer.Name, 0, 128)
	if !validEmail(d.Email) {
		c.wrong("email", "must be an e-mail address")
	}
	if len(d.Metadata) > 20 {
		c.wrong("metadata", "must have at most 20 pairs")
	}
	for key, value := range d.Metadata {
		if n := utf8.RuneCountInString(key); n < 1 || n > 40 || utf8.RuneCountInString(value) > 500 {
			c.wrong("metadata", "keys have 1 to 40 characters, values at most 500")
			break
		}
	}
}

// validEmail wants a bare address of at most 64 characters, which is what tills accept (tag 1008).
func validEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > 64 {
		return false
	}
	_, host, _ := strings.Cut(text, "@")
	return strings.Contains(host, ".") && !strings.HasPrefix(host, "[")
}

func (d Draft) times(c *checks, now time.Time) {
	if life := d.ExpiresAt.Sub(now); life < MinLife || life > MaxLife {
		c.wrong("expires_at", "must be 5 minutes to 90 days ahead")
	}
}

func (d Draft) address(c *checks, mode ids.Mode) {
	if d.ReturnURL != "" && !ValidReturnURL(d.ReturnURL, mode) {
		c.wrong("return_url", "must be an https address of at most 512 characters (http only on loopback, in test mode)")
	}
}

// ValidReturnURL accepts https, and in test mode http on loopback, so that a developer's own shop works.
func ValidReturnURL(text string, mode ids.Mode) bool {
	u, err := url.Parse(text)
	if err != nil || len(text) > 512 || u.Host == "" || u.User != nil {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	return u.Scheme == "http" && mode == ids.Test && (host == "localhost" || err == nil && ip.IsLoopback())
}

func (d Draft) choices(c *checks) {
	switch d.Locale {
	case "", "ru", "kk", "en":
	default:
		c.wrong("locale", "must be ru, kk or en")
	}
	seen := map[banks.Method]bool{}
	for i, m := range d.Methods {
		if !Known(m) || seen[m] {
			c.wrong(fmt.Sprintf("methods[%d]", i), "must be card, sbp, card_foreign or instalments, each once")
		}
		seen[m] = true
	}
}

// Known reports one of our methods.
func Known(m banks.Method) bool {
	for _, k := range banks.Methods {
		if k == m {
			return true
		}
	}
	return false
}

func (d Draft) lines(c *checks, now time.Time) (money.Money, []Item) {
	if len(d.Items) < 1 || len(d.Items) > MaxItems {
		c.wrong("items", "must have 1 to %d items", MaxItems)
		return money.Money{}, nil
	}
	total := money.Of(0, d.Items[0].Price.Currency)
	items := make([]Item, len(d.Items))
	for i, item := range d.Items {
		at := fmt.Sprintf("items[%d]", i)
		item = item.defaults()
		known := len(c.fields)
		item.check(c, at, now)
		if item.Price.Currency != total.Currency {
			c.mixed = true
			return total, nil
		}
		if len(c.fields) > known {
			continue // a wrong price or quantity has no amount
		}
		amount, err := money.Line(item.Price, item.Quantity)
		if err == nil {
			total, err = total.Add(amount)
		}
		if err != nil || total.Amount > MaxTotal {
			c.wrong(at, "the total must be at most %d minor units", MaxTotal)
			return total, nil
		}
		item.Amount = amount
		items[i] = item
	}
	if total.Amount < 1 && len(c.fields) == 0 {
		c.wrong("items", "the total must be above 0")
	}
	return total, items
}

func (i Item) defaults() Item {
	if i.VAT == "" {
		i.VAT = "none"
	}
	if i.Subject == "" {
		i.Subject = "commodity"
	}
	if i.Mode == "" {
		i.Mode = "full_prepayment"
	}
	if i.Measure == "" {
		i.Measure = "piece"
	}
	return i
}

func (i Item) check(c *checks, at string, now time.Time) {
	c.length(at+".name", strings.TrimSpace(i.Name), 1, 128)
	if i.Price.Amount < 0 || i.Price.Amount > MaxTotal {
		c.wrong(at+".price.amount", "must be 0 to %d minor units", MaxTotal)
	}
	if !i.Price.Currency.Known() {
		c.wrong(at+".price.currency", "must be one of the platform's currencies")
	}
	if i.Quantity <= 0 || i.Quantity > money.MaxQuantity {
		c.wrong(at+".quantity", "must be above 0 and at most %s", money.MaxQuantity)
	}
	if !receipts.ValidVAT(i.VAT, now) {
		c.wrong(at+".vat", "is not a rate of value added tax in force")
	}
	if !receipts.ValidSubject(i.Subject) {
		c.wrong(at+".payment_subject", "is not a value of tag 1212")
	}
	if !receipts.ValidMode(i.Mode) {
		c.wrong(at+".payment_mode", "is not a value of tag 1214")
	}
	if !receipts.ValidMeasure(i.Measure) {
		c.wrong(at+".measure", "is not a value of tag 2108")
	}
}

// Document is what a till is asked to print for these items.
func (o Order) Document(items []Item, taxation string) *receipts.Document {
	d := &receipts.Document{Email: o.Email, Phone: o.Customer.Phone, Taxation: taxation}
	for _, i := range items {
		d.Lines = append(d.Lines, receipts.Line{Name: i.Name, Price: i.Price, Quantity: i.Quantity, Amount: i.Amount,
			VAT: i.VAT, Subject: i.Subject, Mode: i.Mode, Measure: i.Measure})
	}
	return d
}
