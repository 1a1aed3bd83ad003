//go:build versions

package versions

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/world"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/secret"
)

const notices = "/api/a2c/notifications"

// answer is what a function said to a request.
type answer struct {
	status  int
	headers map[string]string
	body    []byte
}

// read gives the JSON of an answer.
func (a answer) read(t testing.TB, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, into), "%s", a.body)
}

// request asks an endpoint of a version as API Gateway does, or as a function URL.
func (x *site) request(ctx context.Context, v version, folder, method, path, body string, headers map[string]string) (answer, error) {
	at := events.APIGatewayV2HTTPRequestContext{
		AccountID: "123456789012", APIID: "a1b2c3", DomainName: "pay.example", RequestID: "versions", RouteKey: "$default", Stage: "$default",
		TimeEpoch: time.Now().UnixMilli(),
		HTTP:      events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: method, Path: path, Protocol: "HTTP/1.1", SourceIP: "203.0.113.7"},
	}
	all := map[string]string{"host": "pay.example", "accept": "application/json", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"}
	if body != "" {
		all["content-type"], all["content-length"] = "application/json", fmt.Sprint(len(body))
	}
	for name, value := range headers {
		all[name] = value
	}
	event, err := json.Marshal(events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: path, Headers: all, RequestContext: at,
		Body: base64.StdEncoding.EncodeToString([]byte(body)), IsBase64Encoded: true,
	})
	if err != nil {
		return answer{}, err
	}
	raw, err := x.invoke(ctx, v, folder, event)
	if err != nil {
		return answer{}, err
	}
	var said events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(raw, &said); err != nil {
		return answer{}, fmt.Errorf("%s answers no response: %w", folder, err)
	}
	text := []byte(said.Body)
	if said.IsBase64Encoded {
		if text, err = base64.StdEncoding.DecodeString(said.Body); err != nil {
			return answer{}, err
		}
	}
	return answer{said.StatusCode, said.Headers, text}, nil
}

// ask calls an endpoint that has to answer with this status.
func (x *site) ask(t testing.TB, v version, folder, method, path, token, key, body string, status int) answer {
	t.Helper()
	headers := map[string]string{"authorization": "Bearer " + token}
	if key != "" {
		headers["idempotency-key"] = key
	}
	a, err := x.request(t.Context(), v, folder, method, path, body, headers)
	require.NoError(t, err)
	require.Equal(t, status, a.status, "%s of the %s version: %s", folder, v, a.body)
	return a
}

// found lets each version make a partner, his token and his account at the bank.
func (x *site) found(t *testing.T) {
	t.Helper()
	keeper := secret.NewKeeper(world.Keys{}, rand.Reader)
	operator, err := identitystore.New(x.rows, keeper, clock.System{}, rand.Reader).Bootstrap(t.Context())
	require.NoError(t, err)
	const admin = "/api/v1/admin/"
	for _, v := range both {
		var partner struct {
			ID ids.ID `json:"id"`
		}
		x.ask(t, v, "admin/create-partner", http.MethodPost, admin+"partner", operator, "partner-"+string(v),
			`{"name":"Лавка","legal_name":"ООО «Лавка»","inn":"7707083893","taxation":"usn_income","country":"RU","time_zone":"Europe/Moscow","fee_bp":250}`,
			http.StatusCreated).read(t, &partner)
		var token struct {
			Secret string `json:"secret"`
		}
		x.ask(t, v, "admin/issue-partner-token", http.MethodPost, admin+"partner/"+partner.ID.String()+"/tokens", operator, "",
			`{"mode":"test","name":"versions"}`, http.StatusCreated).read(t, &token)
		x.tokens[v] = token.Secret
		x.ask(t, v, "admin/create-account", http.MethodPost, admin+"account", operator, "account-"+string(v), fmt.Sprintf(
			`{"provider":"tbank","mode":"test","terminal":%q,"password":%q,"address":%q,"owner":%q,"fiscal":true,"taxation":"usn_income",`+
				`"country":"RU","currencies":["RUB"],"methods":[{"code":"card","on":true,"fee_bp":190},{"code":"sbp","on":true,"fee_bp":70}],"on":true}`,
			terminal(v), world.Password, x.bankAt, partner.ID), http.StatusCreated)
	}
}

// noticeKind is of what a notification tells.
type noticeKind string

const (
	ofPayment noticeKind = "payment"
	ofReceipt noticeKind = "receipt"
)

// hear says who takes the bank's notices from now on; the zero version is nobody.
func (x *site) hear(kind noticeKind, v version) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ears[kind] = v
}

func (x *site) ear(body []byte) version {
	kind := ofPayment
	if bytes.Contains(body, []byte(`"Status":"RECEIPT"`)) {
		kind = ofReceipt
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ears[kind]
}

// door is where the bank's notifications arrive.
type door struct{ x *site }

var errNobodyHears = errors.New("nobody hears it")

func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	v := d.x.ear(body)
	if v == "" {
		return nil, errNobodyHears
	}
	a, err := d.x.request(r.Context(), v, "banks/notify-tbank", http.MethodPost, notices, string(body), nil)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(strings.NewReader(string(a.body))), Header: http.Header{}, Request: r}, nil
}
