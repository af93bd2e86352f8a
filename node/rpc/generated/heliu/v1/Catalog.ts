// Original file: proto/heliu/v1/catalog.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { SignedChangeBatch as _heliu_v1_SignedChangeBatch, SignedChangeBatch__Output as _heliu_v1_SignedChangeBatch__Output } from '../../heliu/v1/SignedChangeBatch.ts';
import type { SnapshotRequest as _heliu_v1_SnapshotRequest, SnapshotRequest__Output as _heliu_v1_SnapshotRequest__Output } from '../../heliu/v1/SnapshotRequest.ts';
import type { SubscribeRequest as _heliu_v1_SubscribeRequest, SubscribeRequest__Output as _heliu_v1_SubscribeRequest__Output } from '../../heliu/v1/SubscribeRequest.ts';

export interface CatalogClient extends grpc.Client {
  Snapshot(argument: _heliu_v1_SnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  Snapshot(argument: _heliu_v1_SnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  snapshot(argument: _heliu_v1_SnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  snapshot(argument: _heliu_v1_SnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  
  Subscribe(argument: _heliu_v1_SubscribeRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  Subscribe(argument: _heliu_v1_SubscribeRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  subscribe(argument: _heliu_v1_SubscribeRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  subscribe(argument: _heliu_v1_SubscribeRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_SignedChangeBatch__Output>;
  
}

export interface CatalogHandlers extends grpc.UntypedServiceImplementation {
  Snapshot: grpc.handleServerStreamingCall<_heliu_v1_SnapshotRequest__Output, _heliu_v1_SignedChangeBatch>;
  
  Subscribe: grpc.handleServerStreamingCall<_heliu_v1_SubscribeRequest__Output, _heliu_v1_SignedChangeBatch>;
  
}

export interface CatalogDefinition extends grpc.ServiceDefinition {
  Snapshot: MethodDefinition<_heliu_v1_SnapshotRequest, _heliu_v1_SignedChangeBatch, _heliu_v1_SnapshotRequest__Output, _heliu_v1_SignedChangeBatch__Output>
  Subscribe: MethodDefinition<_heliu_v1_SubscribeRequest, _heliu_v1_SignedChangeBatch, _heliu_v1_SubscribeRequest__Output, _heliu_v1_SignedChangeBatch__Output>
}
