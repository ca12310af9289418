package io.godwit.actors.ledger;

import io.godwit.actors.tls.NodeTls;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;

/** Mutual TLS for voters and clients: the same certificate, and the same judge, as between the nodes' actors. */
final class RaftTls {
    private RaftTls() {}

    /** @param tls null for gRPC in the clear */
    static Parameters parameters(@Nullable NodeTls tls) {
        Parameters parameters = new Parameters();
        if (tls != null) {
            GrpcTlsConfig.Builder config = GrpcTlsConfig.newBuilder();
            config.setName("godwit-ledger");
            config.setKeyManager(tls.keys());
            config.setTrustManager(tls.trust());
            config.setMutualTls(true);
            // Not the OpenSSL that Ratis brings: native code for which the JDK has an equal has no place beside VMs.
            config.setSslProvider(SslProvider.JDK);
            config.setProtocols(NodeTls.PROTOCOL);
            GrpcConfigKeys.TLS.setConf(parameters, config.build());
        }
        return parameters;
    }
}
