package jobs

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/outbound"
)

const userAgent = "Giberno-Webhooks/1"

// Options are those of the outbound client that a Worker's Out is made with. publicOnly refuses private addresses: everywhere
// but in the standalone, whose partner may live on the same machine.
func Options(publicOnly bool) outbound.Options {
	return outbound.Options{Timeout: notify.Timeout, MaxBody: notify.MaxAnswer, PublicOnly: publicOnly}
}

// post makes one request and tells how it ended. Nothing of the address and the body gets into what it tells.
func (r *round) post(ctx context.Context, p store.Parcel) notify.Attempt {
	at := r.Clock.Now().UTC().Truncate(time.Millisecond)
	ctx, cancel := context.WithTimeout(ctx, notify.Timeout)
	defer cancel()
	body := notify.Body(p.What)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.held.URL, bytes.NewReader(body))
	if err != nil {
		return notify.Attempt{At: at, Class: notify.ClassNotConnected}
	}
	id := p.Event.String()
	req.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	req.Header.Set(notify.HeaderID, id)
	req.Header.Set(notify.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(notify.HeaderSignature, notify.Sign(id, at, body, r.keys...))
	answer, err := r.Out.Do(req)
	took := r.Clock.Now().Sub(at)
	if err == nil {
		return notify.Answered(at, took, answer.Status)
	}
	return notify.Attempt{At: at, Class: classOf(err), DurationMs: took.Milliseconds()}
}

func classOf(err error) string {
	var late net.Error
	switch {
	case errors.Is(err, outbound.ErrPrivateAddress):
		return notify.ClassPrivate
	case errors.Is(err, outbound.ErrTooLarge):
		return notify.ClassTooLarge
	case outbound.NotSent(err):
		return notify.ClassNotConnected
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return notify.ClassTimeout
	}
	return notify.ClassBroken
}
