// Original file: proto/heliu/v1/trust.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ProposeTrustListAnswer as _heliu_v1_ProposeTrustListAnswer, ProposeTrustListAnswer__Output as _heliu_v1_ProposeTrustListAnswer__Output } from '../../heliu/v1/ProposeTrustListAnswer.ts';
import type { ProposeTrustListRequest as _heliu_v1_ProposeTrustListRequest, ProposeTrustListRequest__Output as _heliu_v1_ProposeTrustListRequest__Output } from '../../heliu/v1/ProposeTrustListRequest.ts';
import type { RenewAnswer as _heliu_v1_RenewAnswer, RenewAnswer__Output as _heliu_v1_RenewAnswer__Output } from '../../heliu/v1/RenewAnswer.ts';
import type { RenewRequest as _heliu_v1_RenewRequest, RenewRequest__Output as _heliu_v1_RenewRequest__Output } from '../../heliu/v1/RenewRequest.ts';
import type { TrustListAnswer as _heliu_v1_TrustListAnswer, TrustListAnswer__Output as _heliu_v1_TrustListAnswer__Output } from '../../heliu/v1/TrustListAnswer.ts';
import type { TrustListRequest as _heliu_v1_TrustListRequest, TrustListRequest__Output as _heliu_v1_TrustListRequest__Output } from '../../heliu/v1/TrustListRequest.ts';
import type { TrustNotice as _heliu_v1_TrustNotice, TrustNotice__Output as _heliu_v1_TrustNotice__Output } from '../../heliu/v1/TrustNotice.ts';
import type { WatchRequest as _heliu_v1_WatchRequest, WatchRequest__Output as _heliu_v1_WatchRequest__Output } from '../../heliu/v1/WatchRequest.ts';

export interface TrustClient extends grpc.Client {
  ProposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  ProposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  ProposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  ProposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  proposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  proposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  proposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  proposeTrustList(argument: _heliu_v1_ProposeTrustListRequest, callback: grpc.requestCallback<_heliu_v1_ProposeTrustListAnswer__Output>): grpc.ClientUnaryCall;
  
  Renew(argument: _heliu_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  Renew(argument: _heliu_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  Renew(argument: _heliu_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  Renew(argument: _heliu_v1_RenewRequest, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  renew(argument: _heliu_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  renew(argument: _heliu_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  renew(argument: _heliu_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  renew(argument: _heliu_v1_RenewRequest, callback: grpc.requestCallback<_heliu_v1_RenewAnswer__Output>): grpc.ClientUnaryCall;
  
  TrustList(argument: _heliu_v1_TrustListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  TrustList(argument: _heliu_v1_TrustListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  TrustList(argument: _heliu_v1_TrustListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  TrustList(argument: _heliu_v1_TrustListRequest, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  trustList(argument: _heliu_v1_TrustListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  trustList(argument: _heliu_v1_TrustListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  trustList(argument: _heliu_v1_TrustListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  trustList(argument: _heliu_v1_TrustListRequest, callback: grpc.requestCallback<_heliu_v1_TrustListAnswer__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _heliu_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_TrustNotice__Output>;
  Watch(argument: _heliu_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_TrustNotice__Output>;
  watch(argument: _heliu_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_TrustNotice__Output>;
  watch(argument: _heliu_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_TrustNotice__Output>;
  
}

export interface TrustHandlers extends grpc.UntypedServiceImplementation {
  ProposeTrustList: grpc.handleUnaryCall<_heliu_v1_ProposeTrustListRequest__Output, _heliu_v1_ProposeTrustListAnswer>;
  
  Renew: grpc.handleUnaryCall<_heliu_v1_RenewRequest__Output, _heliu_v1_RenewAnswer>;
  
  TrustList: grpc.handleUnaryCall<_heliu_v1_TrustListRequest__Output, _heliu_v1_TrustListAnswer>;
  
  Watch: grpc.handleServerStreamingCall<_heliu_v1_WatchRequest__Output, _heliu_v1_TrustNotice>;
  
}

export interface TrustDefinition extends grpc.ServiceDefinition {
  ProposeTrustList: MethodDefinition<_heliu_v1_ProposeTrustListRequest, _heliu_v1_ProposeTrustListAnswer, _heliu_v1_ProposeTrustListRequest__Output, _heliu_v1_ProposeTrustListAnswer__Output>
  Renew: MethodDefinition<_heliu_v1_RenewRequest, _heliu_v1_RenewAnswer, _heliu_v1_RenewRequest__Output, _heliu_v1_RenewAnswer__Output>
  TrustList: MethodDefinition<_heliu_v1_TrustListRequest, _heliu_v1_TrustListAnswer, _heliu_v1_TrustListRequest__Output, _heliu_v1_TrustListAnswer__Output>
  Watch: MethodDefinition<_heliu_v1_WatchRequest, _heliu_v1_TrustNotice, _heliu_v1_WatchRequest__Output, _heliu_v1_TrustNotice__Output>
}
