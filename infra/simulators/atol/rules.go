package atol

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
)

// The words and numbers of the protocols.
var (
	taxations = strings.Fields("osn usn_income usn_income_outcome envd esn patent")
	modes     = strings.Fields("full_prepayment prepayment advance full_payment partial_payment credit credit_payment")
	subjects  = strings.Fields("commodity excise job service gambling_bet gambling_prize lottery lottery_prize intellectual_activity " +
		"payment agent_commission composite award another property_right non-operating_gain insurance_premium sales_tax resort_fee " +
		"deposit expense pension_insurance_ip pension_insurance medical_insurance_ip medical_insurance social_insurance casino_payment")
	agents          = strings.Fields("bank_paying_agent bank_paying_subagent paying_agent paying_subagent attorney commission_agent another")
	subjectNumbers  = append(numbers(1, 27), 30, 31, 32, 33)
	measureNumbers  = []int64{0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255}
	paymentNumbers  = numbers(0, 9)
	innForm         = regexp.MustCompile(`^(\d{10}|\d{12})$`)
	operationsOf    = map[string][]string{"v4": operations, "v5": append(strings.Fields("sell_refund_correction buy_refund_correction"), operations...)}
	operations      = strings.Fields("sell sell_refund buy buy_refund sell_correction buy_correction")
	receiptMembers  = "client company agent_info supplier_info items payments vats total additional_check_props cashier additional_user_props device_number internet cashless_payments"
	receiptMembers5 = receiptMembers + " cashier_inn operating_check_props sectoral_check_props"
)

func numbers(first, last int64) (list []int64) {
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}

// document is what the service reads of a registration.
type document struct {
	ExternalID string
	Callback   string
	INN        string
	Client     string
	Taxation   string
	Total      int64 // kopecks
	Lines      []Line
	Taxes      []Tax // as the shop stated them; a till that counts otherwise refuses
}

// Line is a position of a receipt.
type Line struct {
	Name     string         `json:"name"`
	Price    int64          `json:"price"` // kopecks
	Quantity money.Quantity `json:"quantity"`
	Sum      int64          `json:"sum"` // kopecks
	VAT      string         `json:"vat,omitempty"`
	Method   string         `json:"method,omitempty"`
	Supplier string         `json:"supplier,omitempty"` // INN
}

// rulebook is what a document is held against.
type rulebook struct {
	version, operation string
	day                time.Time // whose rates of VAT hold
}

func (b rulebook) correction() bool { return strings.HasSuffix(b.operation, "_correction") }

// readDocument holds a registration against the protocol.
func readDocument(fields map[string]any, version, operation string, now time.Time) (*document, *findings) {
	root := place{&findings{}, "#/", fields}
	b := rulebook{version, operation, now}
	d := &document{ExternalID: root.text("external_id", 128, true)}
	stamp := root.text("timestamp", 32, true)
	if at, ok := readStamp(stamp); ok {
		b.day = at // a sale of the old year may come in the new one
	} else if stamp != "" {
		root.wrong("DateTimeExpected", "timestamp")
	}
	if service, given := root.object("service", false); given {
		service.only("callback_url")
		d.Callback = service.text("callback_url", 256, false)
		if u, err := url.Parse(d.Callback); d.Callback != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			service.wrong("UriExpected", "callback_url")
		}
	}
	name := "receipt"
	if b.correction() {
		name = "correction"
	}
	root.only("external_id timestamp service source_id ism_optional " + name)
	paper, given := root.object(name, true)
	switch {
	case !given:
	case b.correction() && version == "v4":
		b.readShort(paper, d)
	default:
		b.readPaper(paper, d)
	}
	return d, root.found
}

// readPaper reads a receipt, or a correction of v5, which is a whole receipt with its reason.
func (b rulebook) readPaper(p place, d *document) {
	members := receiptMembers
	if b.version == "v5" {
		members = receiptMembers5
	}
	if b.correction() {
		members += " correction_info"
		b.day = readReason(p, b.day, false)
	}
	p.only(members)
	if client, given := p.object("client", true); given {
		client.only("email phone name inn birthdate citizenship document_code document_data address")
		email, phone := client.text("email", 64, false), client.text("phone", 64, false)
		if email == "" && phone == "" {
			client.wrong("PropertyRequired", "email")
		}
		d.Client = strings.TrimSpace(email + " " + phone)
	}
	readCompany(p, d, true)
	items := int64(0)
	byRate := map[string]int64{}
	for _, item := range p.objects("items", 1, 100) {
		line := b.readItem(item, d)
		items += line.Sum
		byRate[line.VAT] += line.Sum
		d.Lines = append(d.Lines, line)
	}
	paid := readPayments(p)
	d.Total = p.kopecks("total", true)
	if len(p.found.list) == 0 && (items != d.Total || paid != d.Total) {
		p.wrong("TotalMismatch", "total")
	}
	for _, vat := range p.objects("vats", 0, 6) {
		b.readTax(vat, d, byRate)
	}
}

// readShort reads a correction of v4: sums by way of payment and by rate.
func (b rulebook) readShort(p place, d *document) {
	p.only("company correction_info payments vats cashier device_number client internet")
	b.day = readReason(p, b.day, true)
	readCompany(p, d, false)
	if d.Total = readPayments(p); d.Total > maxKopecks {
		p.wrong("NumberTooBig", "payments")
	}
	for _, vat := range p.objects("vats", 1, 6) {
		b.readTax(vat, d, nil)
	}
}

// readReason reads correction_info and gives the day of what is corrected.
func readReason(p place, now time.Time, numbered bool) time.Time {
	info, given := p.object("correction_info", true)
	if !given {
		return now
	}
	info.only("type base_date base_number")
	kind := info.word("type", strings.Fields("self instruction"), true)
	info.text("base_number", 32, numbered || kind == "instruction")
	text := info.text("base_date", 10, true)
	day, err := time.ParseInLocation("02.01.2006", text, moscow)
	switch {
	case text == "":
		return now
	case err != nil || day.After(now):
		info.wrong("DateExpected", "base_date")
		return now
	}
	return day
}

func readCompany(p place, d *document, withEmail bool) {
	company, given := p.object("company", true)
	if !given {
		return
	}
	company.only("email sno inn payment_address location")
	company.text("email", 64, withEmail)
	d.Taxation = company.word("sno", taxations, true)
	d.INN = company.text("inn", 12, true)
	if d.INN != "" && !innForm.MatchString(d.INN) {
		company.wrong("PatternMismatch", "inn")
	}
	company.text("payment_address", 256, true)
}

func readPayments(p place) (sum int64) {
	for _, payment := range p.objects("payments", 1, 10) {
		payment.only("type sum")
		payment.number("type", paymentNumbers, true)
		sum += payment.kopecks("sum", true)
	}
	return sum
}

func (b rulebook) readItem(p place, d *document) Line {
	five := b.version == "v5"
	own := "measurement_unit nomenclature_code"
	if five {
		own = "measure mark_quantity mark_processing_mode sectoral_item_props mark_code wholesale planned_status"
	}
	p.only("name price quantity sum payment_method payment_object vat agent_info supplier_info user_data excise country_code declaration_number " + own)
	l := Line{
		Name: p.text("name", 128, true), Price: p.kopecks("price", true), Quantity: p.quantity("quantity"), Sum: p.kopecks("sum", true),
		Method: p.word("payment_method", modes, five),
	}
	if five {
		p.number("payment_object", subjectNumbers, true)
		p.number("measure", measureNumbers, true)
	} else {
		p.word("payment_object", subjects, false)
		p.text("measurement_unit", 16, false)
	}
	product, err := money.Line(money.Of(l.Price, money.RUB), l.Quantity)
	if difference := product.Amount - l.Sum; l.Quantity > 0 && (err != nil || difference < -1 || difference > 1) {
		p.wrong("SumMismatch", "sum")
	}
	if vat, given := p.object("vat", true); given {
		l.VAT = b.readTax(vat, d, map[string]int64{"": l.Sum})
	}
	l.Supplier = readAgent(p, five)
	return l
}

// readAgent reads for whom the shop sells and gives the supplier's INN.
func readAgent(p place, supplierRequired bool) string {
	agent, given := p.object("agent_info", false)
	if given {
		agent.only("type paying_agent receive_payments_operator money_transfer_operator")
		agent.word("type", agents, true)
	}
	supplier, named := p.object("supplier_info", given && supplierRequired)
	if !named {
		return ""
	}
	supplier.only("phones name inn")
	supplier.texts("phones", 10, given)
	supplier.text("name", 256, false)
	inn := supplier.text("inn", 12, given)
	if inn != "" && !innForm.MatchString(inn) {
		supplier.wrong("PatternMismatch", "inn")
	}
	return inn
}

// readStamp reads the time of a document: the protocol's form, or RFC 3339, which the service takes too.
func readStamp(text string) (time.Time, bool) {
	for _, layout := range []string{"02.01.2006 15:04:05", "02.01.2006 15:04", time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, moscow); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
