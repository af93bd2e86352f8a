import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CatalogClient as _heliu_v1_CatalogClient, CatalogDefinition as _heliu_v1_CatalogDefinition } from './heliu/v1/Catalog.ts';
import type { ChainedChange as _heliu_v1_ChainedChange, ChainedChange__Output as _heliu_v1_ChainedChange__Output } from './heliu/v1/ChainedChange.ts';
import type { SignedChangeBatch as _heliu_v1_SignedChangeBatch, SignedChangeBatch__Output as _heliu_v1_SignedChangeBatch__Output } from './heliu/v1/SignedChangeBatch.ts';
import type { SnapshotRequest as _heliu_v1_SnapshotRequest, SnapshotRequest__Output as _heliu_v1_SnapshotRequest__Output } from './heliu/v1/SnapshotRequest.ts';
import type { SubscribeRequest as _heliu_v1_SubscribeRequest, SubscribeRequest__Output as _heliu_v1_SubscribeRequest__Output } from './heliu/v1/SubscribeRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      Catalog: SubtypeConstructor<typeof grpc.Client, _heliu_v1_CatalogClient> & { service: _heliu_v1_CatalogDefinition }
      ChainedChange: MessageTypeDefinition<_heliu_v1_ChainedChange, _heliu_v1_ChainedChange__Output>
      SignedChangeBatch: MessageTypeDefinition<_heliu_v1_SignedChangeBatch, _heliu_v1_SignedChangeBatch__Output>
      SnapshotRequest: MessageTypeDefinition<_heliu_v1_SnapshotRequest, _heliu_v1_SnapshotRequest__Output>
      SubscribeRequest: MessageTypeDefinition<_heliu_v1_SubscribeRequest, _heliu_v1_SubscribeRequest__Output>
    }
  }
}

