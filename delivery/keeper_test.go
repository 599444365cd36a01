package delivery

import (
	"context"
	"net"
	"sync"
)

// nameKeeper keeps the names that TXT was asked of.
type nameKeeper struct {
	Resolver
	mu    sync.Mutex
	asked []string
}

func (k *nameKeeper) LookupTXT(_ context.Context, name string) ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, name)
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// silent is deaf to every question, so that nothing touches the network.
type silent struct{ deaf }

func (s silent) LookupCNAME(context.Context, string) (string, error) {
	<-s.end
	return "", nil
}

func (s silent) LookupMX(context.Context, string) ([]*net.MX, error) {
	<-s.end
	return nil, nil
}
