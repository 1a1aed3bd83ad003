package identity

import (
	"net/netip"
	"net/url"
	"strings"

	"giberno.ru/shared/core/ids"
)

// ValidAddress reports whether a base address may be called: https, or, in test mode, http on this machine, where the
// simulators live. No user, query or fragment, and no closing slash.
func ValidAddress(address string, m ids.Mode) bool {
	u, err := url.Parse(address)
	if err != nil || len(address) > 512 || u.Host == "" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery ||
		u.Fragment != "" || u.Opaque != "" || strings.HasSuffix(address, "/") || strings.Contains(address, "#") {
		return false
	}
	switch u.Scheme {
	case "https":
		return true
	case "http":
		return m == ids.Test && loopback(u.Hostname())
	}
	return false
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
