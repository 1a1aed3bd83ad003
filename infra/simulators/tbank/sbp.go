package tbank

import (
	"fmt"
	"net/url"
	"strings"

	"rsc.io/qr"
)

const (
	sbpLeast  = 1_000       // kopecks
	sbpMost   = 100_000_000 // kopecks
	sbpMember = "100000000004"
)

// bankMember is a bank of the fast payment system.
type bankMember struct{ id, name string }

var members = []bankMember{
	{"100000000111", "Сбербанк"}, {sbpMember, "Т-Банк"}, {"100000000008", "Альфа-Банк"},
	{"100000000005", "ВТБ"}, {"100000000007", "Райффайзенбанк"},
}

// crc16 is CRC-16/CCITT-FALSE, as the NSPK puts it at the end of a payload.
func crc16(text string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(text) {
		crc ^= uint16(text[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// sbpPayload is the address that a phone opens and a screen shows as a QR: dynamic, for one payment of this amount.
func sbpPayload(qrcID string, kopecks int64) string {
	text := fmt.Sprintf("https://qr.nspk.ru/%s?type=02&bank=%s&sum=%d&cur=RUB", qrcID, sbpMember, kopecks)
	return fmt.Sprintf("%s&crc=%04X", text, crc16(text))
}

// AppURL is the address at which this bank plays the payer's app for a payload of GetQr; ok is false for a payload that
// is not an address of the NSPK.
func (b *Bank) AppURL(payload string) (address string, ok bool) {
	u, err := url.Parse(strings.TrimSpace(payload))
	if err != nil || u.Host != "qr.nspk.ru" || len(strings.Trim(u.Path, "/")) != 32 {
		return "", false
	}
	return b.baseURL() + "/sbp/" + strings.Trim(u.Path, "/"), true
}

// openQR gives the payment its QR; a second call gives the same one. It refuses what SBP cannot carry.
func (x *change) openQR(p *Payment, t Terminal) error {
	switch {
	case t.NoSBP:
		return refuse("3001", "СБП не подключена к терминалу")
	case p.TwoStage:
		return refuse("3001", "СБП не умеет двухстадийных платежей")
	case p.Amount < sbpLeast || p.Amount > sbpMost:
		return refuse("3016", "Amount")
	case !p.unpaid():
		return refuse("4", "Статус платежа "+string(p.Status))
	}
	if p.Status != FormShowed {
		if err := p.walk(x.now, "QR показан", FormShowed); err != nil {
			return err
		}
	}
	if p.QR != "" {
		return nil
	}
	tail, err := x.bank.draw(30)
	p.QR = "AD" + tail
	return err
}

func getQr(x *change, r *request) (any, error) {
	p, err := r.editPayment(x)
	if err != nil {
		return nil, err
	}
	if err := x.openQR(p, r.terminal); err != nil {
		return nil, err
	}
	data := sbpPayload(p.QR, p.Amount)
	switch kind, _ := r.fields.scalar("DataType"); kind {
	case "", "PAYLOAD":
	case "IMAGE":
		if data, err = drawQR(data); err != nil {
			return nil, err
		}
	default:
		return nil, refuse("1", "DataType")
	}
	return answer{
		"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": p.Terminal, "OrderId": p.OrderID,
		"PaymentId": x.bank.id(p.ID), "Data": data,
	}, nil
}

// drawQR draws text as an SVG with error level M and a quiet zone of four modules.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("tbank: draw QR: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+4, y+4, x-start, x-start)
			}
		}
	}
	side := code.Size + 8
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, side, side, side, side, path.String()), nil
}

// sbpPayTest ends an SBP payment of a DEMO terminal as its flags say; without flags it is paid.
func sbpPayTest(x *change, r *request) (any, error) {
	p, err := r.editPayment(x)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(p.Terminal, "DEMO") {
		return nil, refuse("331", "SbpPayTest только для терминалов DEMO")
	}
	if p.QR == "" || !p.unpaid() {
		return nil, refuse("4", "Сначала вызовите GetQr; статус платежа "+string(p.Status))
	}
	expired, _ := r.fields.scalar("IsDeadlineExpired")
	rejected, _ := r.fields.scalar("IsRejected")
	switch {
	case expired == "true":
		err = x.expire(p, "SbpPayTest")
	case rejected == "true":
		err = x.attempt(p, try{method: "sbp", outcome: outcomes["sbp_refused"], final: true, why: "SbpPayTest"})
	default:
		err = x.attempt(p, try{method: "sbp", outcome: outcomes["success"], why: "SbpPayTest"})
	}
	return answer{"Success": true, "ErrorCode": "0", "Message": "OK"}, err
}

// getQrState tells of the last SBP refund. A refused one shows as CONFIRMED with a code of the NSPK.
func getQrState(x *change, r *request) (any, error) {
	p, err := r.payment(x)
	if err != nil {
		return nil, err
	}
	a := x.about(p)
	if n := len(p.Refunds); n > 0 && p.Method == "sbp" {
		last := p.Refunds[n-1]
		a["Amount"], a["Status"] = last.Amount, string(last.Status)
		if last.Code != "" {
			a["Status"], a["QrCancelCode"], a["QrCancelMessage"] = string(Confirmed), last.Code, last.Message
		}
	}
	return a, nil
}

func qrMembersList(x *change, r *request) (any, error) {
	if _, err := r.payment(x); err != nil {
		return nil, err
	}
	list := make([]answer, 0, len(members))
	for _, m := range members {
		list = append(list, answer{"MemberId": m.id, "MemberName": m.name, "IsPayee": m.id == members[0].id})
	}
	return answer{"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": r.terminal.Key, "Members": list}, nil
}

func getQrBankList(_ *change, r *request) (any, error) {
	list := make([]answer, 0, len(members))
	for _, m := range members {
		list = append(list, answer{"BankId": m.id, "BankName": m.name, "Schema": "bank" + m.id})
	}
	return answer{"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": r.terminal.Key, "Banks": list}, nil
}
