// Original file: proto/heliu/v1/audit.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckpointAnswer as _heliu_v1_CheckpointAnswer, CheckpointAnswer__Output as _heliu_v1_CheckpointAnswer__Output } from '../../heliu/v1/CheckpointAnswer.ts';
import type { CheckpointRequest as _heliu_v1_CheckpointRequest, CheckpointRequest__Output as _heliu_v1_CheckpointRequest__Output } from '../../heliu/v1/CheckpointRequest.ts';
import type { CosignAnswer as _heliu_v1_CosignAnswer, CosignAnswer__Output as _heliu_v1_CosignAnswer__Output } from '../../heliu/v1/CosignAnswer.ts';
import type { CosignRequest as _heliu_v1_CosignRequest, CosignRequest__Output as _heliu_v1_CosignRequest__Output } from '../../heliu/v1/CosignRequest.ts';
import type { ProofAnswer as _heliu_v1_ProofAnswer, ProofAnswer__Output as _heliu_v1_ProofAnswer__Output } from '../../heliu/v1/ProofAnswer.ts';
import type { ProofRequest as _heliu_v1_ProofRequest, ProofRequest__Output as _heliu_v1_ProofRequest__Output } from '../../heliu/v1/ProofRequest.ts';

export interface AuditClient extends grpc.Client {
  Checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  Checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  Checkpoint(argument: _heliu_v1_CheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  Checkpoint(argument: _heliu_v1_CheckpointRequest, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  checkpoint(argument: _heliu_v1_CheckpointRequest, callback: grpc.requestCallback<_heliu_v1_CheckpointAnswer__Output>): grpc.ClientUnaryCall;
  
  Cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  Cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  Cosign(argument: _heliu_v1_CosignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  Cosign(argument: _heliu_v1_CosignRequest, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  cosign(argument: _heliu_v1_CosignRequest, callback: grpc.requestCallback<_heliu_v1_CosignAnswer__Output>): grpc.ClientUnaryCall;
  
  Proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  Proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  Proof(argument: _heliu_v1_ProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  Proof(argument: _heliu_v1_ProofRequest, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  proof(argument: _heliu_v1_ProofRequest, callback: grpc.requestCallback<_heliu_v1_ProofAnswer__Output>): grpc.ClientUnaryCall;
  
}

export interface AuditHandlers extends grpc.UntypedServiceImplementation {
  Checkpoint: grpc.handleUnaryCall<_heliu_v1_CheckpointRequest__Output, _heliu_v1_CheckpointAnswer>;
  
  Cosign: grpc.handleUnaryCall<_heliu_v1_CosignRequest__Output, _heliu_v1_CosignAnswer>;
  
  Proof: grpc.handleUnaryCall<_heliu_v1_ProofRequest__Output, _heliu_v1_ProofAnswer>;
  
}

export interface AuditDefinition extends grpc.ServiceDefinition {
  Checkpoint: MethodDefinition<_heliu_v1_CheckpointRequest, _heliu_v1_CheckpointAnswer, _heliu_v1_CheckpointRequest__Output, _heliu_v1_CheckpointAnswer__Output>
  Cosign: MethodDefinition<_heliu_v1_CosignRequest, _heliu_v1_CosignAnswer, _heliu_v1_CosignRequest__Output, _heliu_v1_CosignAnswer__Output>
  Proof: MethodDefinition<_heliu_v1_ProofRequest, _heliu_v1_ProofAnswer, _heliu_v1_ProofRequest__Output, _heliu_v1_ProofAnswer__Output>
}
