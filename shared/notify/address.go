package notify

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// MaxURL is the longest address of an endpoint, in bytes.
const MaxURL = 2048

// ErrURL is the fault of an address that events are not sent to.
var ErrURL = fault.Invalid("webhook_url_not_allowed",
	"Expected an https address of at most 2048 bytes without user and fragment (http on loopback in test mode).")

// CheckURL refuses, with ErrURL, an address that events may not go to. Whether it leads to the public internet is seen when it
// is dialled: a name may lead elsewhere tomorrow.
func CheckURL(address string, m ids.Mode) error {
	if len(address) > MaxURL || strings.Contains(address, "#") || !printable(address) {
		return ErrURL
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" || !dialable(u) {
		return ErrURL
	}
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && m == ids.Test && loopback(u.Hostname()):
		return nil
	}
	return ErrURL
}

// printable refuses what a header or a log line would have to escape; a name or path in another script is written encoded.
func printable(address string) bool {
	return !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' })
}

func dialable(u *url.URL) bool {
	if strings.ContainsAny(u.Hostname(), "%/\\") || strings.HasSuffix(u.Host, ":") {
		return false
	}
	if u.Port() == "" {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
