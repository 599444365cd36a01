package delivery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is what a DNS server on loopback answers: for each name its records. Besides the types, a record can be a
// trouble: SERVFAIL, REFUSED, DROP (no answer at all) or TRUNCATED (UDP answers are cut and TCP is closed).
type zone map[string][]rr

type rr struct{ kind, value string }

var troubles = map[string]bool{"SERVFAIL": true, "REFUSED": true, "DROP": true, "TRUNCATED": true}

// parseZone reads lines of "name TYPE value"; a value of TXT goes to the end of the line.
func parseZone(t testing.TB, text string) zone {
	z := zone{}
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if words[0] == "" {
			continue
		}
		if len(words) < 2 || len(words) < 3 && !troubles[words[1]] {
			t.Fatalf("bad line in a zone: %q", line)
		}
		z[strings.ToLower(words[0])] = append(z[strings.ToLower(words[0])], rr{words[1], strings.Join(words[2:], "")})
	}
	return z
}

// serveDNS starts a server on loopback and returns its resolver and how many questions it was asked.
func serveDNS(t testing.TB, z zone) (Resolver, *atomic.Int64) {
	t.Helper()
	udp, tcp := samePort(t)
	var asked atomic.Int64
	var wait sync.WaitGroup
	wait.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := udp.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			asked.Add(1)
			if answer := z.answer(buf[:n], false); answer != nil {
				_, _ = udp.WriteToUDPAddrPort(answer, from)
			}
		}
	})
	wait.Go(func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			z.serveTCP(conn)
		}
	})
	t.Cleanup(func() { _, _ = udp.Close(), tcp.Close(); wait.Wait() })
	return At(udp.LocalAddr().String()), &asked
}

// samePort listens on one free port by UDP and by TCP; a port that is free for one may be taken for the other.
func samePort(t testing.TB) (*net.UDPConn, net.Listener) {
	t.Helper()
	var err error
	for range 50 {
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			break
		}
		var udp *net.UDPConn
		udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(tcp.Addr().String())))
		if err == nil {
			return udp, tcp
		}
		_ = tcp.Close()
	}
	const notSupported = syscall.Errno(10045) // WSAEOPNOTSUPP
	if runtime.GOOS == "windows" && errors.Is(err, notSupported) {
		t.Skip("Wine 10 lacks the call with which Go prepares a UDP socket (SIO_UDP_NETRESET); a real Windows has it")
	}
	t.Fatal("no port that is free by UDP and TCP: ", err)
	return nil, nil
}

func (z zone) serveTCP(conn net.Conn) {
	defer conn.Close()
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, question); err != nil {
		return
	}
	if answer := z.answer(question, true); answer != nil {
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

// answer builds the answer to a question, following CNAMEs; nil is silence.
func (z zone) answer(question []byte, tcp bool) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(question)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	h := dnsmessage.Header{ID: head.ID, Response: true, RecursionDesired: true, RecursionAvailable: true}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	for _, r := range z[name] {
		switch {
		case r.kind == "SERVFAIL":
			h.RCode = dnsmessage.RCodeServerFailure
		case r.kind == "REFUSED":
			h.RCode = dnsmessage.RCodeRefused
		case r.kind == "DROP", r.kind == "TRUNCATED" && tcp:
			return nil
		case r.kind == "TRUNCATED":
			h.Truncated = true
		}
	}
	if len(z[name]) == 0 && !z.above(name) {
		h.RCode = dnsmessage.RCodeNameError
	}
	msg := dnsmessage.Message{Header: h, Questions: []dnsmessage.Question{q}}
	if h.RCode == dnsmessage.RCodeSuccess && !h.Truncated {
		z.fill(&msg, name, q.Type)
	}
	data, err := msg.Pack()
	if err != nil {
		panic(fmt.Sprint("a zone that does not fit into an answer: ", err))
	}
	if !tcp && len(data) > 1232 { // the size that Go's resolver offers by EDNS
		msg.Answers, msg.Truncated = nil, true
		data, _ = msg.Pack()
	}
	return data
}

// above says that there are names below this one, so that it exists without records.
func (z zone) above(name string) bool {
	for other := range z {
		if strings.HasSuffix(other, "."+name) {
			return true
		}
	}
	return false
}

func (z zone) fill(msg *dnsmessage.Message, name string, kind dnsmessage.Type) {
	for range 8 {
		next := ""
		for _, r := range z[name] {
			body := r.body(kind)
			if body == nil {
				continue
			}
			if r.kind == "CNAME" {
				next = strings.ToLower(r.value)
			}
			msg.Answers = append(msg.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{
					Name: dnsmessage.MustNewName(name + "."), Class: dnsmessage.ClassINET,
				},
				Body: body,
			})
		}
		if next == "" || kind == dnsmessage.TypeCNAME {
			return
		}
		name = next
	}
}

func (r rr) body(kind dnsmessage.Type) dnsmessage.ResourceBody {
	switch {
	case r.kind == "CNAME":
		return &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(r.value + ".")}
	case r.kind == "TXT" && kind == dnsmessage.TypeTXT:
		var texts []string
		value := r.value
		if n, ok := strings.CutPrefix(value, "64KB "); ok {
			value = n + strings.Repeat(" ip4:192.0.2.1", 4600)
		}
		for len(value) > 255 {
			texts, value = append(texts, value[:255]), value[255:]
		}
		return &dnsmessage.TXTResource{TXT: append(texts, value)}
	case r.kind == "MX" && kind == dnsmessage.TypeMX:
		return &dnsmessage.MXResource{MX: dnsmessage.MustNewName(strings.TrimSuffix(r.value, ".") + ".")}
	case r.kind == "A" && kind == dnsmessage.TypeA:
		return &dnsmessage.AResource{A: netip.MustParseAddr(r.value).As4()}
	case r.kind == "PTR" && kind == dnsmessage.TypePTR:
		return &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(r.value + ".")}
	}
	return nil
}
