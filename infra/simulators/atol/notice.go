package atol

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// noticeState is where the notice of a receipt stands.
type noticeState string

const (
	noticePending   noticeState = "pending"
	noticeDelivered noticeState = "delivered"
	noticeDropped   noticeState = "dropped"  // by a fault
	noticeGivenUp   noticeState = "given_up" // nobody took it; the report says so in its warnings
)

// noticeRetries are the waits between the attempts to deliver a notice.
var noticeRetries = []time.Duration{time.Minute, 5 * time.Minute}

// Delivery is one attempt to deliver a notice.
type Delivery struct {
	At      time.Time `json:"at"`
	Forgery bool      `json:"forgery,omitempty"`
	Body    string    `json:"body"`
	Status  int       `json:"status"` // of HTTP
	Error   string    `json:"error,omitempty"`
}

// lies reports a forged notice that is still to be sent.
func (r *Receipt) lies() bool { return r.NoticeFault == FaultForged && !r.Lied }

// wrongBy is how much a lie adds to a total.
const wrongBy = 100

// lie is a notice that claims what no till has printed.
func (r *Receipt) lie() answer {
	out := r.report()
	out["status"], out["error"] = string(Done), nil
	out["payload"] = answer{
		"total": roubles(r.Total + wrongBy), "fns_site": "www.nalog.gov.ru", "fn_number": "9999000000000666", "shift_number": 666,
		"receipt_datetime": r.RegisteredAt.In(moscow).Format("02.01.2006 15:04:05"), "fiscal_receipt_number": 666,
		"fiscal_document_number": 666, "ecr_registration_number": "0000000000000666", "fiscal_document_attribute": 666,
		"ofd_inn": "7709364346", "ofd_receipt_url": fmt.Sprintf("https://forged.example/%s", r.UUID),
	}
	return out
}

// due reports whether a notice, or a lie, is to be sent now.
func (r *Receipt) due(now time.Time) bool {
	return r.lies() || r.Notice == noticePending && !r.NoticeAt.After(now)
}

// told notes an attempt and says when to try again.
func (r *Receipt) told(d Delivery, now time.Time) {
	r.Attempts = append(r.Attempts, d)
	if d.Forgery {
		r.Lied = true
		return
	}
	if d.Error == "" && d.Status >= http.StatusOK && d.Status < http.StatusMultipleChoices {
		if r.NoticeFault == FaultDuplicate && r.truths() == 1 {
			r.NoticeAt = now
			return
		}
		r.Notice, r.NoticeAt = noticeDelivered, time.Time{}
		return
	}
	tried := r.truths()
	if tried > len(noticeRetries) {
		r.Notice, r.NoticeAt = noticeGivenUp, time.Time{}
		return
	}
	r.NoticeAt = now.Add(noticeRetries[tried-1])
}

// truths counts the attempts that were no lies.
func (r *Receipt) truths() (n int) {
	for _, d := range r.Attempts {
		if !d.Forgery {
			n++
		}
	}
	return n
}

// kopecksOf reads an amount that the service itself has written.
func kopecksOf(value any) int64 {
	text, _ := value.(json.Number)
	kopecks, _ := toKopecks(string(text))
	return kopecks
}
