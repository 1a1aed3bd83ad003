package host

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// LoopbackOnly hides h from everybody but this machine: a request must come from a loopback address and must have been
// sent to a loopback name. The second half stops a page of a stranger whose name was pointed at 127.0.0.1 (DNS rebinding)
// from driving the developer's tools through his browser. Others get 404, as if there were nothing.
//
// It judges the connection itself; behind a proxy on this machine everybody would be local.
func LoopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackAddress(r.RemoteAddr) || !loopbackName(r.Host) || forwarded(r.Header) {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func loopbackAddress(remote string) bool {
	at, err := netip.ParseAddrPort(remote)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(strings.ToLower(host), "[]"), ".")
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func forwarded(h http.Header) bool {
	return h.Get("Forwarded") != "" || h.Get("X-Forwarded-For") != ""
}
