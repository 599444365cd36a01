package practice

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// loopback says whether only this computer reaches host.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// namesFor are the names and addresses by which a listener on host is reached,
// the best one first.
func namesFor(host string) []string {
	if loopback(host) {
		return slices.Compact([]string{host, "localhost"})
	}
	var names []string
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			names = append(names, name)
		}
		addresses, _ := net.InterfaceAddrs() // without them the name must do
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
				names = append(names, n.IP.String())
			}
		}
	} else {
		names = append(names, host)
	}
	return append(names, "localhost")
}

// certificateLifetime is how long the certificates hold, for one run.
const certificateLifetime = 90 * 24 * time.Hour

// Certificate makes an authority that can vouch for names and for no others,
// and a certificate of it. The authority's key is forgotten at once.
func Certificate(names []string) (ca []byte, config *tls.Config, err error) {
	fail := func(err error) ([]byte, *tls.Config, error) {
		return nil, nil, fmt.Errorf("making the practice certificate: %w", err)
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	var dns []string
	var ips []net.IP
	var ranges []*net.IPNet
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			ips = append(ips, ip)
			bits := 8 * len(ip.To16())
			if v4 := ip.To4(); v4 != nil {
				ip, bits = v4, 32
			}
			ranges = append(ranges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
		} else {
			dns = append(dns, n)
		}
	}
	from := time.Now().Add(-time.Hour) // for clocks that are a little behind
	authority := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "palmail practice tenant, authority of one run"},
		NotBefore: from, NotAfter: from.Add(certificateLifetime), KeyUsage: x509.KeyUsageCertSign, IsCA: true,
		BasicConstraintsValid: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: dns, PermittedIPRanges: ranges,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &caKey.PublicKey, caKey)
	if err != nil {
		return fail(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{
			CommonName: "palmail practice tenant",
		}, NotBefore: from, NotAfter: from.Add(certificateLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: dns, IPAddresses: ips,
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, caKey)
	if err != nil {
		return fail(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
		&tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{
				{Certificate: [][]byte{der, caDER}, PrivateKey: key},
			},
		}, nil
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand ends the program itself
	}
	return n
}
