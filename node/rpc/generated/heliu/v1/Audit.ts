// Original file: proto/heliu/v1/audit.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckpointAnswer as _heliu_v1_CheckpointAnswer, CheckpointAnswer__Output as _heliu_v1_CheckpointAnswer__Output } from '../../heliu/v1/CheckpointAnswer.ts';
import type { CheckpointRequest as _heliu_v1_CheckpointRequest, CheckpointRequest__Output as _heliu_v1_CheckpointRequest__Output } from '../../heliu/v1/CheckpointRequest.ts';
import type { ConsistencyAnswer as _heliu_v1_ConsistencyAnswer, ConsistencyAnswer__Output as _heliu_v1_ConsistencyAnswer__Output } from '../../heliu/v1/ConsistencyAnswer.ts';
import type { ConsistencyRequest as _heliu_v1_ConsistencyRequest, ConsistencyRequest__Output as _heliu_v1_ConsistencyRequest__Output } from '../../heliu/v1/ConsistencyRequest.ts';
import type { CosignAnswer as _heliu_v1_CosignAnswer, CosignAnswer__Output as _heliu_v1_CosignAnswer__Output } from '../../heliu/v1/CosignAnswer.ts';
import type { CosignRequest as _heliu_v1_CosignRequest, CosignRequest__Output as _heliu_v1_CosignRequest__Output } from '../../heliu/v1/CosignRequest.ts';
import type { GossipAnswer as _heliu_v1_GossipAnswer, GossipAnswer__Output as _heliu_v1_GossipAnswer__Output } from '../../heliu/v1/GossipAnswer.ts';
import type { GossipRequest as _heliu_v1_GossipRequest, GossipRequest__Output as _heliu_v1_GossipRequest__Output } from '../../heliu/v1/GossipRequest.ts';
import type { HeldRecord as _heliu_v1_HeldRecord, HeldRecord__Output as _heliu_v1_HeldRecord__Output } from '../../heliu/v1/HeldRecord.ts';
import type { HoldingsRequest as _heliu_v1_HoldingsRequest, HoldingsRequest__Output as _heliu_v1_HoldingsRequest__Output } from '../../heliu/v1/HoldingsRequest.ts';
import type { ProofAnswer as _heliu_v1_ProofAnswer, ProofAnswer__Output as _heliu_v1_ProofAnswer__Output } from '../../heliu/v1/ProofAnswer.ts';
import type { ProofRequest as _heliu_v1_ProofRequest, ProofRequest__Output as _heliu_v1_ProofRequest__Output } from '../../heliu/v1/ProofRequest.ts';
import type { SuccessionAnswer as _heliu_v1_SuccessionAnswer, SuccessionAnswer__Output as _heliu_v1_SuccessionAnswer__Output } from '../../heliu/v1/SuccessionAnswer.ts';
import type { SuccessionRequest as _heliu_v1_SuccessionRequest, SuccessionRequest__Output as _heliu_v1_SuccessionRequest__Output } from '../../heliu/v1/SuccessionRequest.ts';

export interface AuditClient extends grpc.Client {
  Checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  Checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  Checkpoint(argument: _heliu_v1_CheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  Checkpoint(argument: _heliu_v1_CheckpointRequest, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  
  Consistency(argument: _heliu_v1_ConsistencyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  Consistency(argument: _heliu_v1_ConsistencyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  Consistency(argument: _heliu_v1_ConsistencyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  Consistency(argument: _heliu_v1_ConsistencyRequest, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  consistency(argument: _heliu_v1_ConsistencyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  consistency(argument: _heliu_v1_ConsistencyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  consistency(argument: _heliu_v1_ConsistencyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  consistency(argument: _heliu_v1_ConsistencyRequest, callback: grpc.requestCallback<_heliu_v1_ConsistencyAnswer__Output>): grpc.ClientUnaryCall;
  
  Cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  Cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  Cosign(argument: _heliu_v1_CosignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  Cosign(argument: _heliu_v1_CosignRequest, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  
  Gossip(argument: _heliu_v1_GossipRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  Gossip(argument: _heliu_v1_GossipRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  Gossip(argument: _heliu_v1_GossipRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  Gossip(argument: _heliu_v1_GossipRequest, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  gossip(argument: _heliu_v1_GossipRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  gossip(argument: _heliu_v1_GossipRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  gossip(argument: _heliu_v1_GossipRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  gossip(argument: _heliu_v1_GossipRequest, callback: grpc.requestCallback<_heliu_v1_GossipAnswer__Output>): grpc.ClientUnaryCall;
  
  Holdings(argument: _heliu_v1_HoldingsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_HeldRecord__Output>;
  Holdings(argument: _heliu_v1_HoldingsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_HeldRecord__Output>;
  holdings(argument: _heliu_v1_HoldingsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_HeldRecord__Output>;
  holdings(argument: _heliu_v1_HoldingsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_HeldRecord__Output>;
  
  Proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  Proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  Proof(argument: _heliu_v1_ProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  Proof(argument: _heliu_v1_ProofRequest, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  
  Succeed(argument: _heliu_v1_SuccessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  Succeed(argument: _heliu_v1_SuccessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  Succeed(argument: _heliu_v1_SuccessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  Succeed(argument: _heliu_v1_SuccessionRequest, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  succeed(argument: _heliu_v1_SuccessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  succeed(argument: _heliu_v1_SuccessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  succeed(argument: _heliu_v1_SuccessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  succeed(argument: _heliu_v1_SuccessionRequest, callback: grpc.requestCallback<_heliu_v1_SuccessionAnswer__Output>): grpc.ClientUnaryCall;
  
}

export interface AuditHandlers extends grpc.UntypedServiceImplementation {
  Checkpoint: grpc.handleUnaryCall<_heliu_v1_CheckpointRequest__Output, _heliu_v1_CheckpointAnswer>;
  
  Consistency: grpc.handleUnaryCall<_heliu_v1_ConsistencyRequest__Output, _heliu_v1_ConsistencyAnswer>;
  
  Cosign: grpc.handleUnaryCall<_heliu_v1_CosignRequest__Output, _heliu_v1_CosignAnswer>;
  
  Gossip: grpc.handleUnaryCall<_heliu_v1_GossipRequest__Output, _heliu_v1_GossipAnswer>;
  
  Holdings: grpc.handleServerStreamingCall<_heliu_v1_HoldingsRequest__Output, _heliu_v1_HeldRecord>;
  
  Proof: grpc.handleUnaryCall<_heliu_v1_ProofRequest__Output, _heliu_v1_ProofAnswer>;
  
  Succeed: grpc.handleUnaryCall<_heliu_v1_SuccessionRequest__Output, _heliu_v1_SuccessionAnswer>;
  
}

export interface AuditDefinition extends grpc.ServiceDefinition {
  Checkpoint: MethodDefinition<_heliu_v1_CheckpointRequest, _heliu_v1_CheckpointAnswer, _heliu_v1_CheckpointRequest__Output, _heliu_v1_CheckpointAnswer__Output>
  Consistency: MethodDefinition<_heliu_v1_ConsistencyRequest, _heliu_v1_ConsistencyAnswer, _heliu_v1_ConsistencyRequest__Output, _heliu_v1_ConsistencyAnswer__Output>
  Cosign: MethodDefinition<_heliu_v1_CosignRequest, _heliu_v1_CosignAnswer, _heliu_v1_CosignRequest__Output, _heliu_v1_CosignAnswer__Output>
  Gossip: MethodDefinition<_heliu_v1_GossipRequest, _heliu_v1_GossipAnswer, _heliu_v1_GossipRequest__Output, _heliu_v1_GossipAnswer__Output>
  Holdings: MethodDefinition<_heliu_v1_HoldingsRequest, _heliu_v1_HeldRecord, _heliu_v1_HoldingsRequest__Output, _heliu_v1_HeldRecord__Output>
  Proof: MethodDefinition<_heliu_v1_ProofRequest, _heliu_v1_ProofAnswer, _heliu_v1_ProofRequest__Output, _heliu_v1_ProofAnswer__Output>
  Succeed: MethodDefinition<_heliu_v1_SuccessionRequest, _heliu_v1_SuccessionAnswer, _heliu_v1_SuccessionRequest__Output, _heliu_v1_SuccessionAnswer__Output>
}
