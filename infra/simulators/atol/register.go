package atol

import (
	"encoding/json"
	"slices"
	"time"

	"giberno.ru/shared/core/fault"
)

// Status is where a receipt stands, in the protocol's words.
type Status string

// The statuses. Done and Fail are final.
const (
	Wait Status = "wait"
	Done Status = "done"
	Fail Status = "fail"
)

// Failure is why a receipt was not made.
type Failure struct {
	Code int    `json:"code"`
	Text string `json:"text"`
	Type string `json:"type"` // driver timeout agent unknown
}

// Receipt is a registered document.
type Receipt struct {
	Number       int64           `json:"number"` // of registration, from 1
	UUID         string          `json:"uuid"`
	ExternalID   string          `json:"external_id"`
	Group        string          `json:"group"`
	Version      string          `json:"version"`
	Operation    string          `json:"operation"`
	Status       Status          `json:"status"`
	Failure      *Failure        `json:"failure,omitempty"`
	Fiscal       *Fiscal         `json:"fiscal,omitempty"`
	Callback     string          `json:"callback,omitempty"`
	INN          string          `json:"inn"`
	Client       string          `json:"client,omitempty"`
	Taxation     string          `json:"taxation"`
	Total        int64           `json:"total"` // kopecks
	Lines        []Line          `json:"lines,omitempty"`
	Taxes        []Tax           `json:"taxes,omitempty"`
	RegisteredAt time.Time       `json:"registered_at"`
	TillAt       time.Time       `json:"till_at"` // when the till gets to it
	Notice       noticeState     `json:"notice,omitempty"`
	NoticeAt     time.Time       `json:"notice_at,omitzero"`
	NoticeFault  FaultKind       `json:"notice_fault,omitempty"`
	Lied         bool            `json:"lied,omitempty"` // the forged notice has been sent
	Attempts     []Delivery      `json:"attempts,omitempty"`
	Body         json.RawMessage `json:"body"` // the registration as it was read
}

// dueAt is when the receipt wants attention next; zero: never again.
func (r *Receipt) dueAt() time.Time {
	switch {
	case r.lies():
		return r.RegisteredAt
	case r.Status == Wait:
		return r.TillAt
	case r.Notice == noticePending:
		return r.NoticeAt
	}
	return time.Time{}
}

// register takes a document. One whose external_id the group has seen is not taken again, whatever it says.
func (s *Service) register(a Account, c call, raw []byte) (answer, error) {
	if !slices.Contains(operationsOf[c.version], c.what) {
		return nil, refuse(31, clip(c.what, 64))
	}
	fields, err := parse(raw)
	if err != nil {
		return nil, refuse(40, ": тело должно быть одним объектом JSON")
	}
	external, _ := fields["external_id"].(string)
	id, err := s.uuid()
	if err != nil {
		return nil, err
	}
	var taken *Receipt
	err = s.change(func(x *change) error {
		if known, ok := x.old.byExternal[externalKey(a.Group, external)]; ok {
			return &refusal{code: 33, detail: external, uuid: known}
		}
		d, found := readDocument(fields, c.version, c.what, x.now)
		if len(found.list) > 0 {
			return refuse(32, found.String())
		}
		taken = &Receipt{
			Number: x.old.last + 1, UUID: id, ExternalID: d.ExternalID, Group: a.Group, Version: c.version, Operation: c.what,
			Status: Wait, Callback: d.Callback, INN: d.INN, Client: d.Client, Taxation: d.Taxation, Total: d.Total,
			Lines: d.Lines, Taxes: d.Taxes, RegisteredAt: x.now, TillAt: x.now.Add(a.tillTime()), Body: json.RawMessage(raw),
		}
		if d.Callback != "" {
			taken.NoticeFault = s.faults.forNotice()
		}
		x.receipts[id] = taken
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.log.Info("receipt registered", "uuid", id, "group", a.Group, "external_id", external, "operation", c.what)
	return answer{"uuid": id, "status": string(taken.Status), "error": nil}, nil
}

// report tells what became of a receipt of the account's group.
func (s *Service) report(a Account, uuid string) (answer, error) {
	var r *Receipt
	s.store.look(func(st *state) { r = st.receipts[uuid] })
	switch {
	case r == nil || r.Group != a.Group:
		return nil, refuse(30, clip(uuid, 64))
	case a.Shy && r.Status == Wait:
		return nil, refuse(34, "")
	}
	return r.report(), nil
}

// report is the JSON of the report and of the notice.
func (r *Receipt) report() answer {
	out := answer{
		"uuid": r.UUID, "status": string(r.Status), "error": nil, "payload": nil, "warnings": nil, "group_code": r.Group,
		"daemon_code": "giberno-agent-1", "device_code": "KKT-" + r.Group, "external_id": r.ExternalID, "callback_url": r.Callback,
	}
	if r.Notice == noticeGivenUp {
		out["warnings"] = answer{"callback_url": "Не удалось доставить результат по адресу callback_url"}
	}
	if f := r.Failure; f != nil {
		out["error"] = answer{"error_id": r.UUID, "code": f.Code, "text": f.Text, "type": f.Type}
	}
	if f := r.Fiscal; f != nil {
		out["payload"] = answer{
			"total": roubles(r.Total), "fns_site": "www.nalog.gov.ru", "fn_number": f.FN, "shift_number": f.Shift,
			"receipt_datetime": f.IssuedAt.In(moscow).Format("02.01.2006 15:04:05"), "fiscal_receipt_number": f.Number,
			"fiscal_document_number": f.Document, "ecr_registration_number": f.Till, "fiscal_document_attribute": f.Sign,
			"ofd_inn": "7709364346", "ofd_receipt_url": f.URL,
		}
	}
	return out
}

// ErrNoReceipt is the fault of a control call for a receipt that was never registered.
var ErrNoReceipt = fault.NotFound("receipt_not_found", "There is no such receipt.")

// Receipt gives a receipt by its uuid or external_id, as it is now.
func (s *Service) Receipt(ref string) (Receipt, error) {
	if _, err := s.passTime(); err != nil {
		return Receipt{}, err
	}
	var r Receipt
	found := false
	s.store.look(func(st *state) {
		if p := st.receipts[ref]; p != nil {
			r, found = *p, true
			return
		}
		for group := range st.groups() {
			if p := st.receipts[st.byExternal[externalKey(group, ref)]]; p != nil {
				r, found = *p, true
			}
		}
	})
	if !found {
		return Receipt{}, ErrNoReceipt
	}
	return r, nil
}

func (s *state) groups() map[string]bool {
	groups := map[string]bool{}
	for _, a := range s.accounts {
		groups[a.Group] = true
	}
	return groups
}

// Receipts lists receipts, newest first, at most limit.
func (s *Service) Receipts(limit int) []Receipt {
	if _, err := s.passTime(); err != nil {
		s.log.Error("what is due cannot be done", "error", err)
	}
	list := []Receipt{}
	s.store.look(func(st *state) {
		all := make([]*Receipt, 0, len(st.receipts))
		for _, r := range st.receipts {
			all = append(all, r)
		}
		slices.SortFunc(all, func(a, b *Receipt) int { return int(b.Number - a.Number) })
		for _, r := range all[:min(limit, len(all))] {
			list = append(list, *r)
		}
	})
	return list
}
