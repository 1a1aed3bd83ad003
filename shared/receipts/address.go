package receipts

import (
	"net/netip"
	"net/url"
	"strings"

	"giberno.ru/shared/core/fault"
)

// ErrURL is the fault of a receipt's address that we do not take.
var ErrURL = fault.Invalid("receipt_url_not_allowed", "The address of a receipt must be https and at most 2048 characters long.")

// Address is a receipt's address as its data operator gives it.
type Address struct {
	URL  string // in one form: host in lower case, no default port, no fragment
	Host string
	QR   *QR // when the query carries fn, i and fp
}

// ParseURL reads a receipt's address: https, at most 2048 characters, a host, no user name. loopback also lets http
// through to this very machine, which is where simulators live.
func ParseURL(text string, loopback bool) (Address, error) {
	if text == "" || len(text) > maxURL || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return Address{}, ErrURL
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return Address{}, ErrURL
	}
	if u.Scheme != "https" && !(loopback && u.Scheme == "http" && Loopback(u.Hostname())) {
		return Address{}, ErrURL
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	u.Fragment, u.RawFragment = "", ""
	a := Address{URL: u.String(), Host: u.Hostname()}
	if len(a.URL) > maxURL {
		return Address{}, ErrURL
	}
	if u.RawQuery != "" {
		if q, err := ParseQR("?" + u.RawQuery); err == nil {
			a.QR = &q
		}
	}
	return a, nil
}

// Loopback reports whether a host is this machine by its very name: no name service is asked.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
